"""The greeter's messages, encoded and read by hand, because protoc's Python runtime need not be there."""
import base64


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
    """All values of each field by its number: numbers, or bytes."""
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


def text(fields, number):
    return fields.get(number, [b""])[0].decode()


def question(name="", times=None, note=None):
    out = field(1, name) if name else b""
    if times is not None:
        out += field(2, times)
    if note is not None:
        out += field(5, note)
    return out


def to_base64(data):
    return base64.b64encode(data).decode().rstrip("=")


def from_base64(data):
    return base64.b64decode(data + "=" * (-len(data) % 4))


def metadata_out(entries):
    return [(name, from_base64(value) if name.endswith("-bin") else value) for name, value in entries.items()]


def metadata_in(entries):
    return {name: to_base64(value) if isinstance(value, bytes) else value for name, value in entries or ()}
