/** Types of a proto never hide what their own declarations use. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { createProtoLoader } from '../proto/load.ts'
import { emitModule } from './emit-module.ts'
import { emitTypes } from './emit-types.ts'

const names = ['Uint8Array', 'Promise', 'Map', 'Object', 'GenMessage', 'JsonObject', 'wkt', 'messageDesc', 'arguments']

test('messages and enums may have the names of globals, and of what the generated files use', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'justscale-proto-')), 'names.proto')
  const messages = names.map((name) => `message ${name} { bytes data = 1; ${name} next = 2; }`)
  writeFileSync(file, `syntax = "proto3"; package names.v1;\n${messages.join('\n')}\nenum eval { ZERO = 0; }\n`)
  const proto = createProtoLoader().load(file)
  const types = emitTypes(proto)
  for (const name of names) expect(types).toContain(`export type ${name}$ = Message<'names.v1.${name}'> & {`)
  expect(types.match(/data: Uint8Array$/gm)).toHaveLength(names.length)
  expect(types).toContain('export declare enum eval$ {')
  const program = new Bun.Transpiler({ loader: 'js' }).scan(emitModule(proto))
  expect(program.exports).toContain('eval$')
  expect(program.exports).toContain('messageDesc$Schema')
})
