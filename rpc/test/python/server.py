"""A gRPC server that knows nothing of this project, for our client. Prints its port, then the names of cancelled calls.

Messages are passed as bytes: every method answers the bytes it was sent, so that a HelloRequest comes back as the
HelloReply whose first field is the same text.
"""
import sys
import threading
from concurrent import futures

import grpc


def unary(request, context):
    if request == b"\n\x07missing":
        context.set_trailing_metadata([("x-why", "because")])
        context.abort(grpc.StatusCode.NOT_FOUND, "kein Müller: 50%")
    if request == b"\n\x04wait":
        threading.Event().wait(2)
    return request


def server_stream(request, context):
    context.add_callback(lambda: print("ended", flush=True))
    for _ in range(1_000_000 if request == b"\n\x07forever" else 3):
        if not context.is_active():
            return
        yield request


def client_stream(requests, context):
    count = sum(1 for _ in requests)
    return bytes([8, count])


def bidi(requests, context):
    yield from requests


handlers = {
    "SayHello": grpc.unary_unary_rpc_method_handler(unary),
    "SayHelloStream": grpc.unary_stream_rpc_method_handler(server_stream),
    "RecordRoute": grpc.stream_unary_rpc_method_handler(client_stream),
    "RouteChat": grpc.stream_stream_rpc_method_handler(bidi),
}
server = grpc.server(futures.ThreadPoolExecutor(8), compression=grpc.Compression.Gzip)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("greeter.v1.Greeter", handlers),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
sys.stdin.read()
server.stop(None)
