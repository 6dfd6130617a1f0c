// What holds under load and faults: each promise by its id, its figure, and the tests that show it.

export interface Promised {
  readonly id: string;
  readonly promise: string;
  /** What was promised in numbers; where a test can only bound it, `npm run test:soak` and the bench measure it. */
  readonly figure: string;
  /** The tests that show it, as file under test/ and title as it is written there. */
  readonly shown: readonly (readonly [file: string, title: string])[];
  /** What is not shown, or does not hold. */
  readonly open?: string;
}

type Shown = readonly [file: string, title: string];

function held(id: string, promise: string, figure: string, ...shown: readonly Shown[]): Promised {
  return { id, promise, figure, shown };
}

/** `open` says what is not shown, or does not hold. */
function partly(id: string, promise: string, figure: string, open: string, ...shown: readonly Shown[]): Promised {
  return { id, promise, figure, shown, open };
}

export const PROMISES: readonly Promised[] = [
  held("RT-1", "One deadline spans all attempts, waits and changes of key.", "answered ≤ deadline + 250 ms", [
    "faults/deadlines.test.ts",
    "RT-1: one deadline spans all attempts and waits, for all of many callers",
  ]),
  held(
    "RT-2",
    "No attempt follows the first content that a client was told; nothing is lost or doubled.",
    "every cut",
    [
      "faults/streaming.test.ts",
      "every cut of a stream gives its caller a prefix of the text, never a doubled word and never a false end",
    ],
  ),
  held(
    "RT-7",
    "A request that was not written is sent again at once and counts as not billed.",
    "–",
    [
      "faults/retries.test.ts",
      "RT-7: a Gemini that resets a new connection is not noticed, nor one that ends its idle connections",
    ],
    [
      "faults/retries.test.ts",
      "RT-7: a request that cannot have been written is made again up to the limit, one that may have been only once",
    ],
    [
      "faults/retries.test.ts",
      "RT-7: attempts that were sent and brought no answer count as possibly billed, and no others",
    ],
    [
      "gemini/client-faults.test.ts",
      "a connection lost before the answer may have been billed, and is another failure",
    ],
  ),
  held(
    "RT-8",
    "Only the upstream client retries; a client that retries itself gets one attempt.",
    "≤ 5 calls for an SDK with 2 retries",
    ["faults/retries.test.ts", "retries of an SDK and ours do not multiply"],
  ),
  held(
    "TM-1",
    "The least deadline counts, and shrinks on its way.",
    "–",
    ["faults/deadlines.test.ts", "x-request-timeout ends JSON calls and streams that have not begun with 504"],
    ["rpc/remote.test.ts", "a deadline shrinks on its way"],
    ["rpc/request-body.test.ts", "TM-1: the deadline of ${name} ends it, and is counted once"],
  ),
  held("TM-2", "Gemini is told the time that is left.", "whole seconds", [
    "faults/deadlines.test.ts",
    "the rest of the caller's deadline, in whole seconds",
  ]),
  held(
    "TM-3",
    "First event, idle and total time have limits and reasons of their own, on a trickle too; a process that was stopped does not take its own sleep for Gemini's silence.",
    "by settings",
    [
      "process/killed.test.ts",
      "TM-3: a gateway that stands still for ${what} than a silence of Gemini may be ends no stream and loses nothing",
    ],
    [
      "process/killed.test.ts",
      "TM-3: a Gemini that stands still ends the stream with its limit, and is used again when it goes on",
    ],
    [
      "faults/deadlines.test.ts",
      "STREAM_IDLE_TIMEOUT_MS ends a stream that falls silent, also when bytes still trickle",
    ],
    ["gemini/client-limits.test.ts", "bytes without an event are silence"],
    ["gemini/client-faults.test.ts", "a connect timeout has a name of its own"],
  ),
  held(
    "TM-4",
    "Setting the clock changes no wait, no deadline and no running stream.",
    "± 1 h",
    [
      "faults/outcomes.test.ts",
      "TM-4: a clock that is set by an hour, forth and back, ends no stream, shortens no deadline and lengthens none",
    ],
    ["faults/outcomes.test.ts", "TM-4: the wait that Gemini named for a project is not over when the clock is set"],
  ),
  held("TM-5", "A limit fires when it is over.", "≤ limit + 1.5 s", [
    "faults/deadlines.test.ts",
    "STREAM_IDLE_TIMEOUT_MS ends a stream that falls silent, also when bytes still trickle",
  ]),
  held("ST-1", "However Gemini's bytes are cut, a client reads the same.", "every byte", [
    "e2e/properties.test.ts",
    "is the same to a client however the bytes of its stream are cut",
  ]),
  held("ST-2", "An event passes at once; nothing is gathered.", "p50 ≤ 5 ms, p99 ≤ 20 ms at 50 streams", [
    "faults/streaming.test.ts",
    "over SSE",
  ]),
  held("ST-3", "Silence is filled with comments, never inside an event.", "every 15 s", [
    "faults/streaming.test.ts",
    "after the delay the 200 comes with a comment, and then a comment in every silence",
  ]),
  held(
    "ST-4",
    "A failure after the first content is one error event and the end: no finish, no [DONE].",
    "every cut",
    ["faults/streaming.test.ts", "is one error event over SSE, no finish, no [DONE], and its text is told once"],
    [
      "rpc/remote-faults.test.ts",
      "ST-4: a line to the service that breaks is an error event, and the next call goes over a new one",
    ],
    ["openai/stream.test.ts", "openai-node rejects a stream that broke"],
  ),
  held("ST-5", "Only a finish reason of Gemini's is a success.", "–", [
    "gemini/client-faults.test.ts",
    "without a finish reason it is truncated, however clean its end",
  ]),
  held(
    "ST-6",
    "A malformed event is an error, never passed over; a value of a wrong type is an invalid answer and no bug of ours.",
    "–",
    ["gemini/client-faults.test.ts", "a malformed event is never skipped, and what came before is told"],
    ["fuzz/fuzz.test.ts", "${id}: fresh inputs"],
    ["faults/wrong-types.test.ts", "${title} is 502 upstream_invalid_response"],
  ),
  held(
    "ST-7",
    "Events and answers have a largest size.",
    "64 MiB and 1,024 lines, 256 MiB",
    ["gemini/client-limits.test.ts", "one endless line ends at the limit of an event"],
    ["gemini/client-limits.test.ts", "endless events end at the limit of an answer"],
    ["gemini/client-limits.test.ts", "ST-7: an event of endless lines, empty or not, ends soon and at little memory"],
    ["gemini/client-limits.test.ts", "ST-7: announcements without end are no answer, a few of them do no harm"],
  ),
  held("ST-8", "A request ends once, in answer, log and metric.", "10 000 random faults", [
    "faults/outcomes.test.ts",
    "ST-8: every request has one answer, one line and one count, and the three agree",
  ]),
  held(
    "CX-1",
    "A caller who leaves closes Gemini's connection, in every phase and by every transport.",
    "≤ 100 ms p99",
    ["faults/cancellation.test.ts", "leaving in the middle of a stream closes it too"],
    [
      "faults/cancellation.test.ts",
      "leaving during the wait before another attempt ends the call, and there is no other attempt",
    ],
    ["facade/pipelining.test.ts", "HP-12, CX-1: who leaves takes along the calls that waited"],
    ["process/killed.test.ts", "CX-1: a client that is killed closes Gemini's connection"],
  ),
  held(
    "CX-2",
    "A call that is left inside the gateway ends its handler.",
    "live = 0 after 50",
    [
      "rpc/remote-faults.test.ts",
      "CX-2: ${STREAMS} streams that are left at the facade leave no handler in the service behind, and no call to Gemini",
    ],
    [
      "facade/broken-answer.test.ts",
      "CX-2: a stream that the facade cannot go on with is an error event, and the call behind it is cancelled",
    ],
  ),
  held(
    "CX-3",
    "Readers who never read and then go leave nothing.",
    "live = 0 ≤ 5 s",
    [
      "faults/leaks.test.ts",
      "${count} ${pace} gRPC streams of readers who ${readers}, each of whom then ${how}, leave nothing",
    ],
    [
      "faults/leaks.test.ts",
      "the core's generators end, and the listeners on the signal that all calls share are taken off",
    ],
  ),
  partly(
    "CX-4",
    "A peer that vanished is given up: TCP probes, and PING on HTTP/2.",
    "60 s + 20 s",
    "over HTTP/1.1, which has no PING, a peer behind a proxy that still takes bytes cannot be told from one that reads: its stream ends with the longest time of any stream",
    [
      "faults/half-open.test.ts",
      "CX-4: gRPC streams of a peer that vanished are ended, those of one that is only silent are not",
    ],
    [
      "faults/half-open.test.ts",
      "CX-4, TM-3: a Gemini that vanished in the middle of a stream ends it, and one before it ends the call",
    ],
    [
      "faults/half-open.test.ts",
      "CX-4: TCP asks within a minute whether a silent peer is still there, on both ports and at Gemini's end",
    ],
    [
      "faults/half-open.test.ts",
      "CX-4: a reader of SSE behind a proxy that still takes its bytes is served no longer than any stream may take",
    ],
  ),
  partly(
    "CX-5",
    "A cancelled request counts as running until Gemini's call is settled.",
    "–",
    "the contract gives a licence no limit and no budget, so there is nothing yet that a cancelled call could count against; what counts as running is the call to Gemini itself",
    [
      "faults/cancellation.test.ts",
      "CX-6: a caller who leaves is no error: it is counted as cancelled, and nothing is logged above info, or printed",
    ],
  ),
  held(
    "CX-6",
    "Cancelled requests are no errors and print nothing.",
    "0 lines of 1 000",
    [
      "faults/cancellation.test.ts",
      "CX-6: a caller who leaves is no error: it is counted as cancelled, and nothing is logged above info, or printed",
    ],
    [
      "faults/leaks.test.ts",
      "CX-6: after all of that the gateway answers, and has logged or printed nothing but what happened",
    ],
  ),
  held(
    "BP-1",
    "A slow reader slows Gemini down.",
    "sent ≤ taken + 8 MiB",
    [
      "faults/slow-readers.test.ts",
      "BP-1: a reader of SSE who is slow, but reads, is not dropped and holds Gemini back",
    ],
    ["unsent.test.ts", "a connection of a limited server takes megabytes less for a client who does not read"],
    ["unsent.test.ts", "a client who reads gets everything"],
  ),
  held(
    "BP-2",
    "100 readers who take nothing cost little memory.",
    "≤ 250 MB",
    ["faults/slow-readers.test.ts", "BP-2: 100 readers who take nothing cost little memory each"],
    ["faults/slow-readers.test.ts", "BP-2: the text of an endless answer does not stay in memory"],
    [
      "openai/long-stream.test.ts",
      "BP-2: a longer one tells its sources in Gemini's own form and bytes, and that the rest was left out",
    ],
    [
      "gemini/events-long.test.ts",
      "BP-2: beyond it the offsets of a source count as they came, and fall into the right part",
    ],
    ["process/memory.test.ts", "BP-2: 100 readers who open no window cost little memory"],
  ),
  held(
    "BP-3",
    "A reader who takes nothing of what waits for it is dropped, and only it.",
    "60 to 62 s after it took the last",
    [
      "faults/slow-readers.test.ts",
      "BP-3: a reader of ${face} who takes 1 KB and then nothing is dropped in time, Gemini with it, and counted once",
    ],
    [
      "faults/slow-readers.test.ts",
      "BP-3: a stalled gRPC stream beside a busy one on its connection is dropped, and the busy one goes on",
    ],
    ["faults/slow-readers.test.ts", "BP-3: a gRPC reader who opens no window is dropped in time, and Gemini with it"],
    [
      "faults/slow-readers.test.ts",
      "BP-3: a reader of SSE who takes a large event in pieces, each sooner than the limit, is not dropped",
    ],
    [
      "faults/slow-readers.test.ts",
      "BP-3: a gRPC reader who takes a large event in pieces, each sooner than the limit, is not dropped",
    ],
    ["rpc/stalls.test.ts", "BP-3: a peer that stands still is dropped after the limit, and never before"],
  ),
  held("BP-4", "Thousands of streams lose no event.", "5 000 × 1/s, RSS ≤ 768 MB", [
    "soak/soak.test.ts",
    "BP-4: of 50 streams of an event a second none loses one",
  ]),
  held(
    "BP-5",
    "Buffered bodies together have a limit; beyond it 503 before reading.",
    "512 MiB; 200 × 20 MB at once",
    ["facade/memory.test.ts", "a body for which there is no memory is refused as busy before it is read"],
    [
      "facade/memory.test.ts",
      "BP-5: of many large bodies at once each is answered or refused as busy, and nobody is told anything else",
    ],
  ),
  partly(
    "BP-6",
    "No body costs memory or time out of proportion.",
    "≤ 4 × body + 8 MiB, 1 s per 20 MB",
    "a body in frames or chunks of a single byte costs Node alone 0.6 to 1 s for each MB, and with us 1.2 s (8 to 9 MB of such frames are on the wire for it); in pieces of 16 KB 20 MB cost 0.5 s",
    [
      "process/memory.test.ts",
      "BP-6, BP-7: of ${title} costs memory and time in proportion, and holds up nobody for long",
    ],
    ["rpc/request-body.test.ts", "BP-6: bodies in single bytes cost in proportion, over each protocol of HTTP/1.1"],
  ),
  held("BP-7", "One request holds up nobody for long.", "≤ 200 ms", [
    "process/memory.test.ts",
    "BP-6, BP-7: of ${title} costs memory and time in proportion, and holds up nobody for long",
  ]),
  held(
    "OV-5",
    "429 is a limit of the caller's, 503 a state of ours or Google's; both say when to come again.",
    "–",
    [
      "faults/retries.test.ts",
      "OV-5: gRPC callers get the wait for a quota of the day, too, which ends at midnight Pacific time",
    ],
    [
      "faults/retries.test.ts",
      "is told as ${row.status} ${row.code} when it lasts, for ${face}, after ${row.calls} tries",
    ],
    ["rpc/remote-faults.test.ts", "OV-5: a service that is not there is our state and not the caller's limit"],
    ["rpc/remote-tls.test.ts", "${title} is a 503 to callers, and a line of the log that names the reason once"],
  ),
  held("OV-8", "Without free file descriptors the process lives, says 503, and recovers.", "ulimit -n 80", [
    "process/open-files.test.ts",
    "OV-8, NP-5: without free file descriptors calls are 503 or not taken, until there are some again",
  ]),
  held("DR-1", "SIGTERM is told by readiness and health before the listener closes.", "≤ 100 ms", [
    "process/stop.test.ts",
    "is told at once by readiness and health, and for a while everything is still served",
  ]),
  held(
    "DR-2",
    "For a while everything is still served; a rolling restart loses nothing.",
    "0 lost in 20 restarts at 100/s",
    ["process/stop.test.ts", "is told at once by readiness and health, and for a while everything is still served"],
    ["soak/soak.test.ts", "DR-2: a rolling restart of two gateways under load loses no request"],
  ),
  held(
    "DR-5",
    "A kill at any moment is a broken answer and never a good one; the store opens whole, with its licences and its memory.",
    "start ≤ 2 s",
    ["process/killed.test.ts", "DR-5, ST-4: is a broken answer to each of its callers, and frees Gemini"],
    ["process/killed.test.ts", "DR-5: finds its store whole again, with the licence and the memory of all before it"],
  ),
  held(
    "DR-3",
    "Running streams finish, or are told at the limit; exit code 0.",
    "25 s, exit ≤ limit + 2 s",
    [
      "process/stop.test.ts",
      "lets running streams finish, takes no new connection meanwhile, and ends with 0 as soon as they have",
    ],
    ["process/stop.test.ts", "tells streams that do not finish in time, and still ends with 0"],
    ["rpc/request-body.test.ts", "DR-3: the end of a drain is told to ${name}, and the drain waits no longer"],
  ),
  held(
    "DR-4",
    "HTTP/2 gets GOAWAY without error; open streams finish, clients go on.",
    "–",
    ["rpc/drain.test.ts", "DR-4: a drain is a GOAWAY without error, and open streams finish"],
    ["rpc/drain.test.ts", "DR-4: a client in a loop loses no call while its server is replaced"],
  ),
  held("DR-9", "A second signal ends at once.", "≤ 2 s", [
    "process/stop.test.ts",
    "DR-9: twice ends at once, however many streams are open",
  ]),
  held(
    "HP-1",
    "Slow heads and bodies are cut with 408; long answers are not.",
    "10 s, 60 s",
    ["facade/connection.test.ts", "HP-1: headers that come byte by byte are cut off with 408"],
    [
      "rpc/silent-connections.test.ts",
      "HP-1: a connection without a whole preface and SETTINGS in time is closed, whatever else it sends",
    ],
    [
      "rpc/silent-connections.test.ts",
      "HP-1: a connection that has said what it is may be idle, ping, and run a stream for longer",
    ],
    [
      "rpc/silent-connections.test.ts",
      "HP-1, DR-3: a client that never ends its side of a connection holds neither a socket nor the drain",
    ],
    [
      "faults/half-open.test.ts",
      "HP-1: a head of a call that comes byte by byte does not keep its connection, be others running on it or not",
    ],
    ["rpc/request-body.test.ts", "HP-1: a body that comes byte by byte over HTTP/2 is cut off in time"],
    [
      "facade/connection.test.ts",
      "HP-1: a body that comes byte by byte is cut off with 408, also when a client would be let in",
    ],
    ["facade/connection.test.ts", "HP-1: a stream that takes longer than a request may take to arrive is not cut off"],
    [
      "facade/connection.test.ts",
      "HP-1: who was told 408 for a late ${what} is not served as well, however soon the rest comes",
    ],
    [
      "process/killed.test.ts",
      "HP-1: a gateway that stands still for longer than a request may take to arrive refuses none that came meanwhile",
    ],
  ),
  held(
    "HP-2",
    "Heads and bodies have a largest size, refused in OpenAI's shape.",
    "16 KiB, 100 fields, 100 MiB",
    ["facade/connection.test.ts", "HP-2: a header of 17 KB gets 431"],
    ["facade/connection.test.ts", "HP-2: ${fields} headers get 431"],
    [
      "facade/bad-requests.test.ts",
      "a body over the limit is refused when it comes in chunks of unknown number, and all of the answer arrives",
    ],
  ),
  held(
    "HP-3",
    "What can be read in two ways is refused and its connection closed.",
    "68 requests",
    ["facade/smuggling.test.ts", "HP-3: a request with ${title} is refused, and its connection closed"],
    ["process/bugs.test.ts", "HP-3: Node's flag for a lenient parser changes nothing"],
  ),
  held(
    "HP-4",
    "A request has one Host.",
    "–",
    ["facade/connection.test.ts", "HP-4: two Host headers are refused, even when they are equal"],
    ["facade/connection.test.ts", "HP-4: a request without a Host is refused by HTTP/1.1's own rule"],
  ),
  held("HP-5", "The content type is JSON in UTF-8, judged once.", "42 spellings", [
    "facade/bad-requests.test.ts",
    'HP-5: the content type ${JSON.stringify(type)} is ${status === 415 ? "refused" : "read"}',
  ]),
  held("HP-6", "A connection has so many streams at once.", "GRPC_MAX_STREAMS", [
    "rpc/limits.test.ts",
    "no more than ${MAX_STREAMS} streams of one connection run at once",
  ]),
  partly(
    "HP-7",
    "Rapid reset starts few calls and ends in GOAWAY.",
    "burst 100, rate 10",
    "nothing is promised of what others wait meanwhile: a peer that comes again at once may begin anew, and each of its connections is good for 200 refusals of 0.1 ms before it is cut, and beside it others' p99 is 40 to 90 ms (test:soak)",
    ["rpc/limits.test.ts", "a peer that opens and resets streams is sent away, and starts few calls to Gemini"],
  ),
  held(
    "HP-8",
    "Floods of frames hurt nobody else.",
    "others' p99 ≤ 2×",
    ["rpc/floods.test.ts", "HP-8: a flood of ${title} keeps nobody from being served"],
    ["rpc/floods.test.ts", "HP-8, FZ-6: random frames of many peers hurt nobody"],
  ),
  held(
    "HP-9",
    "RPC messages are bounded after decompression, deadlines clamped.",
    "REQUEST_BODY_MAX_BYTES, RSS ≤ 2 ×",
    ["process/memory.test.ts", "HP-9: a small message that inflates to 500 MB is refused before it has"],
    ["rpc/limits.test.ts", "a gzip bomb is refused without being blown up"],
    ["faults/deadlines.test.ts", "a deadline longer than ours is clamped, not refused"],
  ),
  held(
    "HP-10",
    "Health and reflection are on and can be off; a flood of PING ends in GOAWAY.",
    "100 in 10 s without data",
    ["rpc/health.test.ts", "health and reflection can be switched off, each alone"],
    [
      "rpc/floods.test.ts",
      "HP-10: a peer that pings without end gets a GOAWAY, also one that does not read, and others are served",
    ],
  ),
  held(
    "HP-11",
    "Malformed UTF-8 is a 400; lone surrogates are replaced or refused.",
    "–",
    [
      "facade/bad-requests.test.ts",
      "HP-11: ${title} is refused as no UTF-8 instead of being replaced, in a value and in a name",
    ],
    [
      "facade/hostile-text.test.ts",
      "HP-11: a lone surrogate is replaced wherever it stands in a request of OpenAI, also inside the JSON of arguments and results",
    ],
    ["facade/hostile-text.test.ts", "HP-11: the same by every RPC transport; a message that is JSON is refused"],
    ["gemini/well-formed.test.ts", "HP-11: none is in the bytes that are sent, beside long media or not"],
    [
      "rpc/refusals.test.ts",
      "HP-11: malformed UTF-8 in JSON is INVALID_ARGUMENT for ${name}, and Gemini hears nothing",
    ],
  ),
  held(
    "HP-12",
    "No h2c upgrade, TRACE or CONNECT; Expect is handled; one pipelined request is in service.",
    "–",
    ["facade/routes.test.ts", "OPTIONS, CONNECT and an upgrade give nothing away either"],
    ["facade/connection.test.ts", "HP-12: a client that expects a 100 before its body gets one"],
    ["facade/pipelining.test.ts", "HP-12: of pipelined calls one is in service, and all are answered in order"],
    ["facade/pipelining.test.ts", "HP-12: ${many} requests sent at once are all answered"],
    ["facade/connection.test.ts", "HP-12: CONNECT is no proxy, and says so in its turn"],
    ["facade/connection.test.ts", "HP-12: whose ${title} is wrong is told so, and not to send the body first"],
    ["facade/connection.test.ts", "HP-12: a pipelined body, which is not read before its turn, ends no call before it"],
  ),
  held(
    "PL-1",
    "Whatever a body holds, the answer is 200 or 4xx.",
    "10⁶ bodies by npm run fuzz",
    ["e2e/properties.test.ts", "that is any JSON is refused or answered"],
    ["openai/request.test.ts", "becomes an intent or a 4xx failure, never another error"],
    ["fuzz/fuzz.test.ts", "${id}: fresh inputs"],
    ["rpc/refusals.test.ts", "PL-1: bytes that are no message are INVALID_ARGUMENT for ${name}"],
    ["rpc/refusals.test.ts", "PL-1: bytes that cannot be decompressed are INVALID_ARGUMENT for ${name}"],
    ["rpc/refusals.test.ts", "PL-1: what JSON is wrong is quoted to ${name} in short, and in whole characters"],
  ),
  held(
    "PL-2",
    "A model is an id before it is a path.",
    "–",
    ["facade/bad-requests.test.ts", "a model that is no id is refused before it reaches a path"],
    ["gemini/client.test.ts", "the model's id is percent-encoded, tuned models and a path prefix keep their paths"],
  ),
  held(
    "PL-3",
    "Depth and number of values are bounded before any walk.",
    "64 levels (schemas 32), 100 000 values, names of 256",
    [
      "facade/body.test.ts",
      "PL-3: a name of 256 characters is read, a longer one refused by its place, however it is written",
    ],
    ["gemini/messages.test.ts", "PL-3, BP-7: whose arguments ${title} are refused by name"],
    ["facade/bad-requests.test.ts", "a body nested 5000 levels deep is refused, and so is one of a million brackets"],
    ["facade/body.test.ts", "more than 100 000 values are refused"],
  ),
  held("PL-4", "Names that objects are born with are data, both ways.", "–", [
    "facade/hostile-text.test.ts",
    "PL-4: ${name} is a name like any other, of tools, properties, arguments and metadata, both ways",
  ]),
  held(
    "PL-5",
    "Data URLs are read without a pattern over their payload, and strictly.",
    "28 MB",
    ["openai/media.test.ts", "refuses ${title} with ${reason} and the parameter"],
    [
      "process/memory.test.ts",
      "BP-6, BP-7: of ${title} costs memory and time in proportion, and holds up nobody for long",
    ],
  ),
  held("PL-6", "Numbers are refused by name or exact.", "43 numbers × 5 fields", [
    "facade/hostile-text.test.ts",
    "PL-6: each of ${numbers.length} values of ${field} is refused by name, or arrives as it was or with a warning",
  ]),
  held(
    "PL-7",
    "Schemas with circles, towers and long enums are bounded.",
    "≤ 50 ms",
    ["gemini/openapi-schema.test.ts", "that would grow without end by its references is cut"],
    ["gemini/openapi-schema.test.ts", "PL-7: that grows without end by allOf is refused"],
  ),
  held("PL-8", "Of a key that stands twice the last counts, for everybody.", "–", [
    "facade/hostile-text.test.ts",
    "PL-8: of a key that stands twice the last counts, for everybody",
  ]),
  held("PL-9", "No control character reaches a header or a log line raw.", "–", [
    "facade/hostile-text.test.ts",
    "PL-9, SC-8: line ends and other controls of a caller or of Gemini reach no header and no log line raw",
  ]),
  held(
    "MF-1",
    "URLs are judged by scheme, port, host and credentials; fetching can be off.",
    "a table of URLs",
    ["media/url-policy.test.ts", 'refuses ${text.slice(0, 60) || "the empty string"}'],
    ["media/fetch.test.ts", "may be that fetching is off, that the URL is none, or that it is too large"],
  ),
  held(
    "MF-2",
    "The address that is checked is the address that is connected to.",
    "all special ranges",
    ["media/dial.test.ts", "connects to the address it resolved to, and resolves once"],
    ["media/dial.test.ts", "never asks the resolver, and is checked like a name"],
    ["media/address.test.ts", "refuses ${range}"],
  ),
  held("MF-3", "A URL is parsed once.", "–", [
    "media/url-policy.test.ts",
    "reads the host of ${JSON.stringify(text)} as ${hostname}",
  ]),
  held(
    "MF-4",
    "Redirects are few, each judged anew, none from https to http.",
    "3",
    ["media/fetch.test.ts", "are followed three times, relative ones too, with nothing forwarded"],
    ["media/fetch.test.ts", "is nothing that a redirect must not lead to"],
    ["faults/media-hosts.test.ts", "MF-4, MF-5, MF-6, MF-7: with ${fault} is a 4xx in time"],
  ),
  held(
    "MF-5",
    "Fetches have limits of time, size and number.",
    "3, 5, 5 s; 32 a request, 4 a licence",
    ["media/fetch.test.ts", "a host that trickles its body is given up when the total time is over"],
    ["media/fetch.test.ts", "is read within 64 KiB of the limit when no length was announced"],
    [
      "media/fetch.test.ts",
      "at most four fetches of one caller run at once, and another caller is not held up by them",
    ],
  ),
  held(
    "MF-6",
    "Nothing is decompressed.",
    "–",
    ["media/fetch.test.ts", "${encoding} is refused and never decoded"],
    ["faults/media-hosts.test.ts", "MF-4, MF-5, MF-6, MF-7: with ${fault} is a 4xx in time"],
  ),
  held(
    "MF-7",
    "The bytes decide the type.",
    "–",
    ["media/gather.test.ts", "is of the type its bytes are, with a warning when another was said"],
    ["faults/media-hosts.test.ts", "MF-7: none of it reached Gemini"],
  ),
  held(
    "MF-8",
    "One text for all failures of a fetch.",
    "–",
    [
      "media/fetch.test.ts",
      "is the same text on a whole second, whether the place is forbidden, closed or answers badly",
    ],
    [
      "faults/media-hosts.test.ts",
      "MF-8: the words do not tell a closed port from a forbidden one, nor silence from an error",
    ],
  ),
  held("MF-9", "No field of a request moves the upstream.", "–", [
    "faults/media-hosts.test.ts",
    "MF-9: ${JSON.stringify(body)} changes neither where Gemini is nor with whose key",
  ]),
  held(
    "MF-10",
    "The fetcher sends a fixed request and heeds no proxy variable.",
    "–",
    ["media/fetch.test.ts", "gets this request and nothing more"],
    ["media/fetch.test.ts", "pays no heed to proxy variables of the environment"],
  ),
  held("MF-11", "A caller who leaves ends the fetch.", "≤ 100 ms", [
    "faults/cancellation.test.ts",
    'leaving during the fetch of an image closes the connection to its host${stream ? ", also for a stream" : ""}',
  ]),
  held("SC-1", "No secret is in any output.", "0 bytes", [
    "process/secrets.test.ts",
    "no secret is in the output, in answers, in metrics or, but for digests, in the store",
  ]),
  held("SC-2", "A log line holds fields of a list and nothing else.", "–", [
    "telemetry/log.test.ts",
    "never holds a field without a name in the list, nor an object",
  ]),
  held("SC-3", "Google's words are scrubbed of keys.", "–", [
    "gemini/client-faults.test.ts",
    "our key is in no text, whatever Google says",
  ]),
  held("SC-4", "Keys travel in their header only.", "every call of every test", [
    "support/faulty-gemini/scripts.test.ts",
    "closing fails when a client put a key into a URL, and names no key",
  ]),
  held("SC-5", "Headers of an answer are ours.", "–", [
    "facade/headers.test.ts",
    "SC-5: no header of Google's reaches a caller, and none of ours takes its value from there",
  ]),
  held("SC-8", "A log line is one line of JSON.", "≤ 16 KiB", [
    "telemetry/log.test.ts",
    "stays one line under 16 KiB, with controls escaped, whatever its values are",
  ]),
  held(
    "SC-10",
    "Labels of metrics are bounded.",
    "1 000 series",
    ["telemetry/metrics.test.ts", "does not grow past 1000 series a metric, whatever a label says"],
    ["facade/hostile-text.test.ts", "SC-10: names of models that callers invent make no series of metrics"],
  ),
  held(
    "AU-1",
    "All who are not let in get the same answer; their body is thrown away as it comes.",
    "–",
    [
      "facade/licences.test.ts",
      "all who are not let in get the same answer, byte for byte but for the request id, and Gemini is not called",
    ],
    ["facade/licences.test.ts", "without a licence a body is not waited for"],
    ["facade/unread-bodies.test.ts", "HP-2, BP-5, AU-1: ${client} can read why a long body ${what} is refused"],
    [
      "facade/unread-bodies.test.ts",
      "AU-1: of a body without an end no more than a few hundred megabytes are thrown away, and none is kept",
    ],
  ),
  held(
    "AU-4",
    "Every route asks for a licence but the open ones, however its path is spelled.",
    "20 spellings",
    ["facade/routes.test.ts", "every registered route asks for a licence, but for those that are open on purpose"],
    ["facade/routes.test.ts", "GET and HEAD ${path} give nothing without a licence"],
  ),
  held(
    "AU-5",
    "One decision on licences for all transports and forms.",
    "5 × 12",
    ["rpc/licences.test.ts", "AU-5: a licence is good in every form that REST knows"],
    ["rpc/licences.test.ts", "AU-5, AU-1: what REST refuses is refused with the same words, and reaches no Gemini"],
  ),
  held(
    "AU-6",
    "Headers of ours that a client sends do nothing.",
    "–",
    [
      "facade/headers.test.ts",
      "headers that are ours alone do nothing when a caller sends them, and none goes on to Google",
    ],
    ["rpc/licences.test.ts", "AU-6: headers of ours that a client sends go no further, and change nobody's identity"],
  ),
  held(
    "AU-7",
    "Two differing licences are refused.",
    "–",
    ["facade/licences.test.ts", "two differing Authorization headers are refused, the same one twice is not"],
    ["rpc/licences.test.ts", "AU-7: a second licence beside the first is refused"],
  ),
  held("NP-1", "A bug that nobody caught is told once, running streams finish, the exit code is 1.", "≤ 10 s", [
    "process/bugs.test.ts",
    "NP-1: an uncaught ${title} is logged once, nothing new is begun, running streams finish, and the exit code is 1",
  ]),
  held(
    "NP-5",
    "Event loop, memory, files and handles are measured.",
    "equal to /proc",
    ["telemetry/metrics.test.ts", "measures the process"],
    [
      "process/open-files.test.ts",
      "OV-8, NP-5: without free file descriptors calls are 503 or not taken, until there are some again",
    ],
  ),
  held("NP-7", "A request leaves no listener and no timer.", "100 000 requests", [
    "faults/many-requests.test.ts",
    "NP-7: no listener and no timer is left by a request, and Node warns of none",
  ]),
  held(
    "FZ-1",
    "Event streams: any bytes, any cut.",
    "60 s by npm run fuzz",
    ["fuzz/fuzz.test.ts", "${id}: fresh inputs"],
    ["gemini/sse.test.ts", "an event in many small reads takes time in proportion to its size"],
  ),
  held("FZ-2", "Answers: stream and JSON say the same.", "60 s by npm run fuzz", [
    "fuzz/fuzz.test.ts",
    "${id}: fresh inputs",
  ]),
  held("FZ-3", "Bodies: a 4xx, or a request that a strict judge takes.", "60 s by npm run fuzz", [
    "fuzz/fuzz.test.ts",
    "${id}: fresh inputs",
  ]),
  held("FZ-4", "Schemas: bounded, stable, nothing demanded that cannot be given.", "60 s by npm run fuzz", [
    "fuzz/fuzz.test.ts",
    "${id}: fresh inputs",
  ]),
  held("FZ-5", "Media URLs: only allowed addresses are connected to.", "60 s by npm run fuzz", [
    "fuzz/fuzz.test.ts",
    "${id}: fresh inputs",
  ]),
  held("FZ-6", "Frames and bytes on both ports: others are served.", "60 s by npm run fuzz", [
    "fuzz/fuzz.test.ts",
    "${id}: fresh inputs",
  ]),
  held("FZ-7", "Licences: any bytes are a refusal.", "60 s by npm run fuzz", [
    "fuzz/fuzz.test.ts",
    "${id}: fresh inputs",
  ]),
  held("Connect, HTTP/2", "A handler whose client left while it waited for drain is ended.", "–", [
    "faults/leaks.test.ts",
    "${count} ${pace} gRPC streams of readers who ${readers}, each of whom then ${how}, leave nothing",
  ]),
  held(
    "Connect, return()",
    "A consumer that stops reading cancels the call.",
    "–",
    [
      "rpc/remote-faults.test.ts",
      "CX-2: ${STREAMS} streams that are left at the facade leave no handler in the service behind, and no call to Gemini",
    ],
    [
      "gemini/client-cancel.test.ts",
      "return() closes the socket, whether or not the reader waits or the source is paused",
    ],
  ),
  held(
    "Connect, grpc-message",
    "Messages are escaped as gRPC says, no further.",
    "–",
    ["rpc/grpc-message.test.ts", "any message is read back by grpc-js as it was, and only what must be is escaped"],
    ["e2e/clients/grpc-js.test.ts", "an unknown model is NOT_FOUND"],
  ),
  held("Connect, HTTP/1 peers", "A peer that speaks no HTTP/2 does not end the process.", "–", [
    "rpc/remote-faults.test.ts",
    "${title} is a 503 to callers, and the facade lives",
  ]),
];
