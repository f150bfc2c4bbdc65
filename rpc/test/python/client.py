"""A gRPC client that knows nothing of this project: drives the greeter through grpcio's C core.

Usage: client.py <host:port>. Prints one JSON object: the name of each check and "ok" or what went wrong.
Messages are encoded by hand, because protoc's Python runtime need not be there.
"""
import json
import sys
import threading
import time

import grpc


def varint(number):
    out = bytearray()
    while True:
        byte = number & 0x7F
        number >>= 7
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def request(name="", times=None, blob=None):
    out = field(1, name) if name else b""
    if times is not None:
        out += field(2, times)
    if blob is not None:
        out += field(6, blob)
    return out


def read_varint(data, at):
    shift = value = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def decode(data):
    at, fields = 0, {}
    while at < len(data):
        key, at = read_varint(data, at)
        if key & 7 == 0:
            value, at = read_varint(data, at)
        else:
            size, at = read_varint(data, at)
            value, at = data[at : at + size], at + size
        fields.setdefault(key >> 3, []).append(value)
    return fields


def text(reply):
    return decode(reply)[1][0].decode()


target = sys.argv[1]
options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
channel = grpc.insecure_channel(target, options=options)
same = lambda data: data
path = "/greeter.v1.Greeter/"
say = channel.unary_unary(path + "SayHello", same, same)
stream = channel.unary_stream(path + "SayHelloStream", same, same)
record = channel.stream_unary(path + "RecordRoute", same, same)
chat = channel.stream_stream(path + "RouteChat", same, same)
results = {}


def check(body):
    try:
        outcome = body()
        results[body.__name__] = "ok" if outcome is None else repr(outcome)
    except Exception as error:  # noqa: BLE001 - every failure is a result
        results[body.__name__] = repr(error)


def expect(actual, wanted):
    if actual != wanted:
        raise AssertionError(f"got {actual!r}, wanted {wanted!r}")


def error_of(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call succeeded")


@check
def unary():
    expect(text(say(request("Ada"), timeout=5)), "Hello, Ada")


@check
def metadata_both_ways():
    reply, call = say.with_call(request("Ada"), timeout=5, metadata=[("x-ask", "question")])
    expect(dict(call.initial_metadata())["x-echo"], "question")
    expect(dict(call.trailing_metadata())["x-last"], "true")


@check
def large_metadata():
    reply, call = say.with_call(request("Ada"), timeout=5, metadata=[("x-ask", "q" * 7000)])
    expect(len(dict(call.initial_metadata())["x-echo"]), 7000)


@check
def server_stream():
    expect([text(reply) for reply in stream(request("Ada", times=3), timeout=5)], [f"Hello {i}, Ada" for i in range(3)])


@check
def long_server_stream():
    expect(sum(1 for _ in stream(request("Ada", times=5000), timeout=20)), 5000)


@check
def client_stream():
    reply = record((request(name) for name in "abc"), timeout=5)
    expect(decode(reply)[1][0], 3)


@check
def bidi_ping_pong():
    answered = threading.Semaphore(0)

    def questions():
        for name in "abc":
            yield request(name)
            answered.acquire(timeout=5)

    seen = []
    for reply in chat(questions(), timeout=5):
        seen.append(text(reply))
        answered.release()
    expect(seen, ["Hello, a", "Hello, b", "Hello, c"])


@check
def error_with_details():
    error = error_of(lambda: say(request("missing"), timeout=5))
    expect(error.code(), grpc.StatusCode.NOT_FOUND)
    expect(error.details(), 'no "50%" of müller: gone')
    expect(dict(error.trailing_metadata())["x-why"], "because")
    status = decode(dict(error.trailing_metadata())["grpc-status-details-bin"])
    expect(decode(decode(status[3][0])[2][0])[1][0], b"detail")


@check
def unexpected_error_says_nothing():
    error = error_of(lambda: say(request("bug"), timeout=5))
    expect((error.code(), error.details()), (grpc.StatusCode.INTERNAL, "internal error"))


@check
def error_in_a_stream():
    seen = []

    def read():
        for reply in stream(request("fail", times=2), timeout=5):
            seen.append(text(reply))

    expect(error_of(read).code(), grpc.StatusCode.DATA_LOSS)
    expect(len(seen), 2)


@check
def deadline():
    expect(error_of(lambda: say(request("wait"), timeout=0.1)).code(), grpc.StatusCode.DEADLINE_EXCEEDED)


@check
def deadline_of_a_stream():
    def read():
        for _ in stream(request("wait", times=1), timeout=0.2):
            pass

    expect(error_of(read).code(), grpc.StatusCode.DEADLINE_EXCEEDED)


@check
def cancelled_stream():
    call = stream(request("wait", times=1))
    next(call)
    call.cancel()
    expect(error_of(lambda: next(call)).code(), grpc.StatusCode.CANCELLED)


@check
def unknown_method():
    nothing = channel.unary_unary(path + "Nothing", same, same)
    expect(error_of(lambda: nothing(b"", timeout=5)).code(), grpc.StatusCode.UNIMPLEMENTED)


@check
def malformed_message():
    code = error_of(lambda: say(b"\xff\xff\xff", timeout=5)).code()
    expect(code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL), True)
    expect(text(say(request("after"), timeout=5)), "Hello, after")


@check
def gzip_both_ways():
    reply = say(request("g" * 100_000), timeout=5, compression=grpc.Compression.Gzip)
    expect(len(text(reply)), 100_007)


@check
def four_megabytes():
    size = 4 * 1024 * 1024 - 100
    reply = say(request("m" * size), timeout=20)
    expect(len(text(reply)), size + 7)


@check
def too_large():
    error = error_of(lambda: say(request("m" * (5 * 1024 * 1024)), timeout=20))
    expect(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
    expect(text(say(request("after"), timeout=5)), "Hello, after")


@check
def large_client_stream():
    blob = b"x" * (1024 * 1024)
    reply = record((request("b", blob=blob) for _ in range(16)), timeout=30)
    expect(decode(reply)[1][0], 16)


@check
def thousand_concurrent_calls():
    calls = [say.future(request(str(index)), timeout=30) for index in range(1000)]
    expect([text(call.result()) for call in calls], [f"Hello, {index}" for index in range(1000)])


@check
def concurrent_streams():
    calls = [stream(request(str(index), times=10), timeout=30) for index in range(100)]
    expect([sum(1 for _ in call) for call in calls], [10] * 100)


@check
def slow_reader():
    call = stream(request("s" * 1000, times=2000), timeout=30)
    next(call)
    time.sleep(0.3)
    expect(1 + sum(1 for _ in call), 2000)


@check
def closed_channel():
    other = grpc.insecure_channel(target)
    call = other.unary_stream(path + "SayHelloStream", same, same)(request("wait", times=1))
    next(call)
    other.close()
    expect(text(say(request("after"), timeout=5)), "Hello, after")


@check
def health():
    service = "/grpc.health.v1.Health/Check"
    ask = channel.unary_unary(service, same, same)
    expect(decode(ask(b"", timeout=5))[1][0], 1)
    expect(decode(ask(field(1, "greeter.v1.Greeter"), timeout=5))[1][0], 1)
    expect(error_of(lambda: ask(field(1, "nobody"), timeout=5)).code(), grpc.StatusCode.NOT_FOUND)


print(json.dumps(results))
