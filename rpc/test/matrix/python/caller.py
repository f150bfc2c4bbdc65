"""A gRPC client that knows nothing of this project: grpcio, which is gRPC's C core. It makes the calls it is told to.

Usage: caller.py <host:port> [gzip]. Each line of input is a call, {"id", "order"}, or {"id", "cancel": true} for one that
runs; each line of output is {"id", "outcome"}. Orders and outcomes are those of caller.ts.
"""
import asyncio
import json
import sys

import grpc
from wire import decode, metadata_in, metadata_out, question, text

running = {}


def same(data):
    return data


def start(channel, order, questions):
    path = "/greeter.v1.Greeter/" + order["method"]
    options = {
        "timeout": order["timeoutMs"] / 1000 if "timeoutMs" in order else None,
        "metadata": metadata_out(order.get("metadata", {})),
    }
    if order["method"] == "SayHelloStream":
        return channel.unary_stream(path, same, same)(question(**order["questions"][0]), **options)
    if order["method"] == "RecordRoute":
        return channel.stream_unary(path, same, same)(questions, **options)
    if order["method"] == "RouteChat":
        return channel.stream_stream(path, same, same)(questions, **options)
    return channel.unary_unary(path, same, same)(question(**order["questions"][0]), **options)


def details_of(trailers):
    status = {name: value for name, value in trailers or ()}.get("grpc-status-details-bin")
    found = []
    for entry in decode(status).get(3, []) if status else []:
        any_message = decode(entry)
        kind = text(any_message, 1).rsplit("/", 1)[-1]
        found.append(f"{kind} {text(decode(any_message[2][0]), 1)}")
    return found


async def run(channel, identity, order):
    answered = asyncio.Semaphore(0)
    answers = []

    async def questions():
        for index, entry in enumerate(order["questions"]):
            if order.get("pingPong") and index > 0:
                await answered.acquire()
            yield question(**entry)
        if order.get("keepOpen"):
            await asyncio.Event().wait()

    def note(message):
        fields = decode(message)
        recorded = order["method"] == "RecordRoute"
        answers.append(",".join(name.decode() for name in fields.get(2, [])) if recorded else text(fields, 1))
        answered.release()

    call = running[identity] = start(channel, order, questions())
    try:
        if order["method"] in ("SayHelloStream", "RouteChat"):
            async for message in call:
                note(message)
        else:
            note(await call)
    except (grpc.RpcError, asyncio.CancelledError):
        pass
    code = (await call.code()).value[0]
    outcome = {
        "answers": answers,
        "headers": metadata_in(await call.initial_metadata()),
        "trailers": metadata_in(await call.trailing_metadata()),
        "code": code,
        "text": await call.details() if code else "",
        "details": details_of(await call.trailing_metadata()),
    }
    del running[identity]
    print(json.dumps({"id": identity, "outcome": outcome}), flush=True)


async def main(target, *options):
    compression = grpc.Compression.Gzip if "gzip" in options else None
    orders = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    # A call that cannot be told about ends the program.
    async with grpc.aio.insecure_channel(target, compression=compression) as channel, asyncio.TaskGroup() as tasks:
        async for line in orders:
            told = json.loads(line)
            if "order" in told:
                tasks.create_task(run(channel, told["id"], told["order"]))
            elif told["id"] in running:
                running[told["id"]].cancel()


asyncio.run(main(*sys.argv[1:]))
