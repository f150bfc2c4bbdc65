"""A greeter that knows nothing of this project: grpcio, with the same behaviour as greeter-app.ts.

Prints its port, then a line of JSON for each call that a note names: {"note", "event": "started" | "finished" | "cut off"}.
"""
import json
import sys
import threading
from concurrent import futures

import grpc
from wire import decode, field, text

output = threading.Lock()


def say(**event):
    with output:
        print(json.dumps(event), flush=True)


class Visit:
    """What every method does: it answers metadata, and some names have a meaning."""

    def __init__(self, context):
        self.context = context
        self.note = None
        self.finished = False
        self.ended = threading.Event()
        context.add_callback(self.end)
        asked = dict(context.invocation_metadata())
        context.send_initial_metadata([("x-echo", asked.get("x-ask", "nothing"))])
        self.trailers = [("x-last", "true" if (context.time_remaining() or 0) < 1e6 else "false")]
        if "x-ask-bin" in asked:
            self.trailers.append(("x-echo-bin", asked["x-ask-bin"][::-1]))
        context.set_trailing_metadata(self.trailers)

    def read(self, request):
        fields = decode(request)
        if self.note is None and 5 in fields:
            self.note = text(fields, 5)
            say(note=self.note, event="started")
        name = text(fields, 1)
        if name == "wait":
            self.ended.wait()
        if name == "bug":
            self.context.abort(grpc.StatusCode.INTERNAL, "internal error")
        if name == "missing":
            detail = field(1, "type.googleapis.com/greeter.v1.HelloRequest") + field(2, field(1, "detail"))
            message = 'no "50%" of müller: gone'
            status = field(1, 5) + field(2, message) + field(3, detail)
            self.context.set_trailing_metadata(
                self.trailers + [("x-why", "because"), ("grpc-status-details-bin", status)]
            )
            self.context.abort(grpc.StatusCode.NOT_FOUND, message)
        return name

    def end(self):
        self.ended.set()
        if self.note is not None:
            say(note=self.note, event="finished" if self.finished else "cut off")


def reply(message, index):
    return field(1, message) + field(3, index)


def say_hello(request, context):
    visit = Visit(context)
    name = visit.read(request)
    visit.finished = True
    return reply(f"Hello, {name}", 0)


def say_hello_stream(request, context):
    visit = Visit(context)
    fields = decode(request)
    for index in range(fields.get(2, [3])[0]):
        yield reply(f"Hello {index}, {text(fields, 1)}", index)
    visit.read(request)
    visit.finished = True


def record_route(requests, context):
    visit = Visit(context)
    names = [visit.read(request) for request in requests]
    visit.finished = True
    return field(1, len(names)) + b"".join(field(2, name) for name in names)


def route_chat(requests, context):
    visit = Visit(context)
    for index, request in enumerate(requests):
        yield reply(f"Hello, {visit.read(request)}", index)
    visit.finished = True


handlers = {
    "SayHello": grpc.unary_unary_rpc_method_handler(say_hello),
    "SayHelloStream": grpc.unary_stream_rpc_method_handler(say_hello_stream),
    "RecordRoute": grpc.stream_unary_rpc_method_handler(record_route),
    "RouteChat": grpc.stream_stream_rpc_method_handler(route_chat),
}
server = grpc.server(futures.ThreadPoolExecutor(32), compression=grpc.Compression.Gzip)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("greeter.v1.Greeter", handlers),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
sys.stdin.read()
server.stop(None)
