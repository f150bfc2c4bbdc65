/** Our descriptors against those of `buf build`, for every file of the corpus. Runs buf's binary. */
import { expect, test } from 'bun:test'
import { createRegistry, fromBinary, toJson, type Registry } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { join } from 'node:path'
import { createProtoLoader } from './load.ts'

const corpus = join(import.meta.dir, '../fixtures/corpus')
const paths = [...new Bun.Glob('**/*.proto').scanSync({ cwd: corpus })].toSorted()
const buf = Bun.fileURLToPath(import.meta.resolve('@bufbuild/buf/bin/buf'))

async function bufDescriptors(): Promise<Map<string, FileDescriptorProto>> {
  const build = Bun.spawn([buf, 'build', '--exclude-source-info', '-o', '-#format=binpb'], {
    cwd: corpus,
    stderr: 'inherit',
  })
  const set = fromBinary(FileDescriptorSetSchema, new Uint8Array(await new Response(build.stdout).arrayBuffer()))
  expect(await build.exited).toBe(0)
  return new Map(set.file.map((file) => [file.name, file]))
}

/** As JSON, with custom options by name: their order within an options message says nothing. */
function readable(file: FileDescriptorProto, registry: Registry): unknown {
  return toJson(FileDescriptorProtoSchema, file, { registry })
}

const descriptors = await bufDescriptors()

test('the corpus is there', () => expect(paths.length).toBeGreaterThan(5))

for (const path of paths) {
  test(`${path} has the descriptor that buf gives it`, () => {
    const loaded = createProtoLoader({ roots: [corpus] }).load(join(corpus, path))
    const registry = createRegistry(loaded.file, ...loaded.file.dependencies)
    const wanted = descriptors.get(path)
    if (wanted === undefined) throw new Error(`buf did not build ${path}`)
    expect(readable(loaded.file.proto, registry)).toEqual(readable(wanted, registry))
  })
}
