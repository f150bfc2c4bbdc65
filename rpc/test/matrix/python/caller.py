"""A gRPC client that knows nothing of this project: grpcio, which is gRPC's C core. It makes the calls it is told to.

Usage: caller.py <host:port> [gzip]. Each line of input is a call, {"id", "order"}, or {"id", "cancel": true} for one that
runs; each line of output is {"id", "outcome"}. Orders and outcomes are those of caller.ts.
"""
import json
import sys
import threading

import grpc
from wire import decode, metadata_in, metadata_out, question, text

channel = grpc.insecure_channel(sys.argv[1], compression=grpc.Compression.Gzip if "gzip" in sys.argv[2:] else None)
running = {}
output = threading.Lock()


def same(data):
    return data


def start(order, requests):
    path = "/greeter.v1.Greeter/" + order["method"]
    options = {
        "timeout": order["timeoutMs"] / 1000 if "timeoutMs" in order else None,
        "metadata": metadata_out(order.get("metadata", {})),
    }
    if order["method"] == "SayHelloStream":
        return channel.unary_stream(path, same, same)(next(requests), **options)
    if order["method"] == "RecordRoute":
        return channel.stream_unary(path, same, same).future(requests, **options)
    if order["method"] == "RouteChat":
        return channel.stream_stream(path, same, same)(requests, **options)
    return channel.unary_unary(path, same, same).future(next(requests), **options)


def details_of(trailers):
    status = dict(trailers or ()).get("grpc-status-details-bin")
    found = []
    for entry in decode(status).get(3, []) if status else []:
        any_message = decode(entry)
        kind = text(any_message, 1).rsplit("/", 1)[-1]
        found.append(f"{kind} {text(decode(any_message[2][0]), 1)}")
    return found


def run(identity, order):
    answered = threading.Semaphore(0)
    ended = threading.Event()
    answers = []

    def requests():
        for index, entry in enumerate(order["questions"]):
            if order.get("pingPong") and index > 0:
                answered.acquire()
            yield question(**entry)
        if order.get("keepOpen"):
            ended.wait()

    def note(message):
        fields = decode(message)
        recorded = order["method"] == "RecordRoute"
        answers.append(",".join(name.decode() for name in fields.get(2, [])) if recorded else text(fields, 1))
        answered.release()

    call = running[identity] = start(order, requests())
    try:
        if order["method"] in ("SayHelloStream", "RouteChat"):
            for message in call:
                note(message)
        else:
            note(call.result())
    except (grpc.RpcError, grpc.FutureCancelledError):
        pass
    ended.set()
    del running[identity]
    code = call.code().value[0]
    outcome = {
        "answers": answers,
        "headers": metadata_in(call.initial_metadata()),
        "trailers": metadata_in(call.trailing_metadata()),
        "code": code,
        "text": call.details() if code else "",
        "details": details_of(call.trailing_metadata()),
    }
    with output:
        print(json.dumps({"id": identity, "outcome": outcome}), flush=True)


for line in sys.stdin:
    told = json.loads(line)
    if "order" in told:
        threading.Thread(target=run, args=(told["id"], told["order"]), daemon=True).start()
    elif told["id"] in running:
        running[told["id"]].cancel()
