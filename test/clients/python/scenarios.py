"""Plays scenarios and prints what each saw, or the error it met, as one JSON object."""
import json
import traceback


def play(scenarios):
    seen = {}
    for scenario in scenarios:
        try:
            seen[scenario.__name__] = scenario()
        except Exception:
            seen[scenario.__name__] = {"unexpected": traceback.format_exc()}
    print(json.dumps(seen))
