"""A visitor that knows nothing of this project: grpcio against the running app.

Usage: client.py <host:port> <creator> <backer>. Creates a campaign, pledges, takes the pledge back, pledges the whole goal
while the campaign is followed, and prints what it saw as one JSON object. Messages are encoded by hand, because protoc's
Python runtime need not be there.
"""
import json
import struct
import sys

import grpc


def field(number, value):
    if isinstance(value, float):
        return bytes([number << 3 | 1]) + struct.pack("<d", value)
    data = value.encode()
    return bytes([number << 3 | 2, len(data)]) + data


def decode(data):
    at, fields = 0, {}
    while at < len(data):
        number, kind = data[at] >> 3, data[at] & 7
        if kind == 0:
            fields[number], at = data[at + 1], at + 2
        elif kind == 1:
            fields[number], at = struct.unpack("<d", data[at + 1 : at + 9])[0], at + 9
        else:
            size = data[at + 1]
            fields[number], at = data[at + 2 : at + 2 + size], at + 2 + size
    return fields


target, creator, backer = sys.argv[1:]
channel = grpc.insecure_channel(target)
same = lambda data: data


def unary(method, request):
    return decode(channel.unary_unary(f"/crowdfunding.v1.Crowdfunding/{method}", same, same)(request, timeout=20))


campaign = unary("CreateCampaign", field(1, creator) + field(2, "A lamp") + field(3, 30.0))[1].decode()
follow = channel.unary_stream("/crowdfunding.v1.Crowdfunding/FollowCampaign", same, same)
changes = (decode(message) for message in follow(field(1, campaign), timeout=40))


def until(pledged):
    for change in changes:
        if decode(change[1]).get(5, 0.0) == pledged:
            return
    raise AssertionError(f"the campaign ended before its pledges were {pledged}")


def pledge(amount):
    return unary("Pledge", field(1, campaign) + field(2, backer) + field(4, amount))[1].decode()


def cancel(taken_back):
    try:
        unary("CancelPledge", field(1, taken_back))
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


first = pledge(20.0)
until(20.0)
cancelled = cancel(first)
until(0.0)
again = cancel(first)
pledge(30.0)
last = list(changes)[-1]
print(json.dumps({"cancelled": cancelled, "again": again, "outcome": last.get(2), "pledged": decode(last[1])[5]}))
