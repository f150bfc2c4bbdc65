/**
 * Adds to the corpus what is not in it: `bun engine/compiler/test/record-corpus.ts`. Entries that exist are never written
 * again; to record new frames of a case after the format grew, give it a new name.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createValueCodec } from '../../value/create-codec.ts'
import { corpusServices, corpusSources, folder, payload, toCorpusFrame, type CorpusFrame } from './corpus.ts'
import { compileSource, driveProgram } from './driver.ts'

/** First, middle and last. */
const FRAMES = 3
const codec = createValueCodec()
mkdirSync(folder, { recursive: true })

for (const [name, source] of Object.entries(corpusSources())) {
  const file = join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.json`)
  if (existsSync(file)) continue
  const program = compileSource(source)
  const trace: string[] = []
  const frames: CorpusFrame[] = []
  const { result, error } = await driveProgram(program, {
    services: corpusServices(trace),
    params: { id: 'order-1' },
    trace,
    durable: codec,
    answer: () => ({ index: 0, value: payload }),
    onStop: (stored, calls) => frames.push(toCorpusFrame(stored, calls)),
  })
  const kept = frames.filter((_each, index) =>
    frames.length <= FRAMES ? true : [0, frames.length >> 1, frames.length - 1].includes(index),
  )
  const entry = {
    name,
    hash: program.hash,
    program: program.text,
    result: Buffer.from(codec.encodeValue(result, 'result')).toString('base64'),
    error,
    trace,
    frames: kept,
  }
  writeFileSync(file, `${JSON.stringify(entry)}\n`)
  console.log(`${name}: ${kept.length} of ${frames.length} frames`)
}
