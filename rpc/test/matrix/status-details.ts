/** The details of an error from `grpc-status-details-bin`, read by hand: google.rpc.Status with its Any messages. */
import { fromBinary } from '@bufbuild/protobuf'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { HelloRequestSchema } from '../greeter.ts'

/** `greeter.v1.HelloRequest detail` for each of them. */
export function statusDetails(status: Uint8Array | undefined): string[] {
  return fieldsOf(status ?? new Uint8Array(), 3).map((any) => {
    const [url = new Uint8Array()] = fieldsOf(any, 1)
    const [value = new Uint8Array()] = fieldsOf(any, 2)
    return describeDetail(new TextDecoder().decode(url).replace('type.googleapis.com/', ''), value)
  })
}

export function describeDetail(type: string, value: Uint8Array): string {
  return `${type} ${fromBinary(HelloRequestSchema, value).name}`
}

function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const reader = new BinaryReader(message)
  const found: Uint8Array[] = []
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (number === wanted) found.push(reader.bytes())
    else reader.skip(type)
  }
  return found
}
