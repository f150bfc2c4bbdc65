import { expect, test } from 'bun:test'
import { HttpError } from '../errors.ts'
import { uploadStream } from './upload-stream.ts'

const chunk = new Uint8Array(10)
const read = (stream: ReadableStream<Uint8Array>) =>
  new Response(stream).bytes().then(
    (bytes) => bytes.length,
    (error: HttpError) => error.status,
  )

function source(chunks: number, onCancel: () => void = () => {}): ReadableStream<Uint8Array> {
  let left = chunks
  return new ReadableStream(
    {
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk)
        else controller.close()
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  )
}

test('gives what comes, up to the limit', async () => {
  expect(await read(uploadStream(source(3), 30))).toBe(30)
  expect(await read(uploadStream(null, 0))).toBe(0)
})

test('beyond the limit it ends with 413, and reads no further', async () => {
  let cancelled = false
  expect(
    await read(
      uploadStream(
        source(4, () => (cancelled = true)),
        30,
      ),
    ),
  ).toBe(413)
  expect(cancelled).toBeTrue()
})

test('ends with 408 when nothing comes', async () => {
  let cancelled = false
  const silent = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) })
  expect(await read(uploadStream(silent, 30, 5))).toBe(408)
  expect(cancelled).toBeTrue()
})

test('a handler that reads slowly is not to blame, and reads ahead of itself nothing', async () => {
  let pulled = 0
  const counted = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled++
        controller.enqueue(chunk)
      },
    },
    { highWaterMark: 0 },
  )
  const reader = uploadStream(counted, 1000, 5).getReader()
  await reader.read()
  // What it would read ahead, it would read in these turns of the event loop.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(pulled).toBe(1)
  expect((await reader.read()).value).toEqual(chunk)
  await reader.cancel()
})
