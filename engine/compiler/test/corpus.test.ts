/** Programs and frames of earlier builds are restored and finished by this one. */
import { describe, expect, test } from 'bun:test'
import { parseProgram, programHash } from '../../program/hash.ts'
import { createValueCodec } from '../../value/create-codec.ts'
import { corpusServices, corpusSources, fromCorpusFrame, payload, readCorpus } from './corpus.ts'
import { driveProgram, storedProgram } from './driver.ts'

const codec = createValueCodec()
const corpus = readCorpus()

test('the corpus holds every case', () => {
  const held = new Set(corpus.map((each) => each.name))
  expect(Object.keys(corpusSources()).filter((each) => !held.has(each))).toEqual([])
})

describe.each(corpus.map((each) => [each.name, each] as const))('%s', (_name, entry) => {
  const run = async (frame?: (typeof entry.frames)[number]) => {
    const trace: string[] = []
    const outcome = await driveProgram(storedProgram(entry.program, entry.hash), {
      services: corpusServices(trace),
      params: { id: 'order-1' },
      trace,
      durable: codec,
      answer: () => ({ index: 0, value: payload }),
      ...(frame ? { from: fromCorpusFrame(frame) } : {}),
    })
    return { trace, result: outcome.result, error: outcome.error }
  }
  const result = codec.decodeValue(new Uint8Array(Buffer.from(entry.result, 'base64')))

  test('its program is the one of its hash, and runs', async () => {
    expect(programHash(parseProgram(entry.program))).toBe(entry.hash)
    expect(await run()).toEqual({ trace: [...entry.trace], result, error: entry.error })
  })

  test.each(entry.frames)('goes on after $calls calls', async (frame) => {
    expect(await run(frame)).toEqual({ trace: entry.trace.slice(frame.calls), result, error: entry.error })
  })
})
