/** What is wrong in a .proto file is reported with its place; what is right keeps its comments and its imports. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ProtoImportError, ProtoSyntaxError } from '../errors.ts'
import { createProtoLoader } from './load.ts'
import { parseProto } from './parse-file.ts'

const folders: string[] = []

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Writes files into a new project folder and loads the first one. */
function load(files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'proto-'))
  folders.push(folder)
  writeFileSync(join(folder, 'package.json'), '{}')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return createProtoLoader().load(join(folder, Object.keys(files)[0] ?? ''))
}

const proto3 = 'syntax = "proto3";\n'

const wrong: readonly (readonly [name: string, text: string, message: string])[] = [
  ['a missing semicolon', `${proto3}message A {\n  string a = 1\n}`, 'a.proto:4:1: expected ";", found "}"'],
  ['an unknown type', `${proto3}message A { Nope a = 1; }`, 'a.proto:2:13: there is no message or enum "Nope" here'],
  [
    'a forgotten import',
    `${proto3}message A { google.protobuf.Timestamp a = 1; }`,
    'is an import of "google/protobuf/timestamp.proto" missing?',
  ],
  [
    'an enum as input',
    `${proto3}enum E { X = 0; }\nservice S { rpc M(E) returns (E); }`,
    'a.proto:3:19: "E" is not a message but an enum',
  ],
  [
    'a number used twice',
    `${proto3}message A { string a = 1;\n string b = 1; }`,
    'a.proto:3:2: "b" and "a" both have the number 1',
  ],
  ['a name used twice', `${proto3}message A {}\nmessage A {}`, 'a.proto:3:1: "A" is already declared, as a message'],
  ['a reserved number', `${proto3}message A { reserved 5; string a = 5; }`, 'the number 5 of "a" is reserved'],
  ['a reserved name', `${proto3}message A { reserved "a"; string a = 5; }`, 'the name "a" is reserved'],
  [
    "protobuf's own numbers",
    `${proto3}message A { string a = 19500; }`,
    'numbers 19000 to 19999 belong to protobuf itself',
  ],
  [
    'the number zero',
    `${proto3}message A { string a = 0; }`,
    'the number of a field must be from 1 to 536870911, not 0',
  ],
  ['a number too large', `${proto3}message A { string a = 536870912; }`, 'must be from 1 to 536870911'],
  [
    'an enum that does not start at 0',
    `${proto3}enum E { A = 1; }`,
    'a.proto:2:10: the first value of a proto3 enum is 0',
  ],
  ['an enum without values', `${proto3}enum E {}`, 'the enum "E" has no values'],
  ['an alias that is not allowed', `${proto3}enum E { A = 0; B = 0; }`, 'allow it with option allow_alias = true'],
  ['required in proto3', `${proto3}message A { required string a = 1; }`, 'proto3 has no required fields'],
  ['a default in proto3', `${proto3}message A { string a = 1 [default = "x"]; }`, 'proto3 has no default values'],
  ['a group in proto3', `${proto3}message A { repeated group B = 1 {} }`, 'proto3 has no groups'],
  ['no label in proto2', 'message A { string a = 1; }', 'a proto2 field needs "optional", "required" or "repeated"'],
  [
    'optional in editions',
    'edition = "2023";\nmessage A { optional string a = 1; }',
    'set features.field_presence instead',
  ],
  ['an unknown edition', 'edition = "1999";', 'a.proto:1:11: edition "1999" is not supported'],
  ['an unknown syntax', 'syntax = "proto4";', 'a.proto:1:10: syntax must be "proto2" or "proto3"'],
  ['an unknown option', `${proto3}option nope = 1;`, 'there is no option "nope" in google.protobuf.FileOptions'],
  ['an unknown custom option', `${proto3}option (nope) = 1;`, 'there is no option "(nope)" here'],
  ['an option of the wrong type', `${proto3}option deprecated = 1;`, 'this value does not fit "deprecated", a bool'],
  [
    'an unknown enum value in an option',
    `${proto3}option optimize_for = FAST;`,
    '"optimize_for" is one of: SPEED, CODE_SIZE, LITE_RUNTIME',
  ],
  [
    'a float as key of a map',
    `${proto3}message A { map<float, string> a = 1; }`,
    'the key of a map is a whole number, a bool or a string',
  ],
  ['an empty oneof', `${proto3}message A { oneof o {} }`, 'the oneof "o" has no fields'],
  [
    'a repeated field in a oneof',
    `${proto3}message A { oneof o { repeated string a = 1; } }`,
    'a field of a oneof cannot be "repeated"',
  ],
  ['an open comment', `${proto3}/* never`, 'a.proto:2:1: this comment is never closed'],
  ['an open string', `${proto3}import "x`, 'a.proto:2:8: this string is never closed'],
  ['an open block', `${proto3}message A {`, 'a.proto:2:11: this block is never closed'],
  ['a strange character', `${proto3}message A { § }`, 'a.proto:2:13: unexpected character'],
  ['two packages', `${proto3}package a;\npackage b;`, 'a.proto:3:1: a file has only one package'],
  ['JSON names that clash', `${proto3}message A { string a_b = 1; string aB = 2; }`, 'have the same JSON name "aB"'],
  [
    'an extension out of range',
    'message A { extensions 5; }\nextend A { optional string e = 6; }',
    'A allows no extension with the number 6',
  ],
  [
    'an import twice',
    `${proto3}import "google/protobuf/any.proto";\nimport "google/protobuf/any.proto";`,
    '"google/protobuf/any.proto" is imported twice',
  ],
]

for (const [name, text, message] of wrong) {
  test(`${name} is reported`, () => {
    const attempt = () => load({ 'a.proto': text })
    expect(attempt).toThrow(ProtoSyntaxError)
    expect(attempt).toThrow(message)
  })
}

test('an import that is nowhere is reported where it is written', () => {
  const attempt = () => load({ 'a.proto': `${proto3}\nimport "b.proto";` })
  expect(attempt).toThrow(ProtoImportError)
  expect(attempt).toThrow('a.proto:3:8: cannot find "b.proto"')
})

test('files that import each other are reported', () => {
  const attempt = () => load({ 'a.proto': `${proto3}import "b.proto";`, 'b.proto': `${proto3}import "a.proto";` })
  expect(attempt).toThrow('files import each other: a.proto -> b.proto -> a.proto')
})

test('imports are found from the folder of the file and from the folders above it', () => {
  const { file } = load({
    'acme/v1/a.proto': `${proto3}import "b.proto";\nimport "acme/v1/c.proto";\nmessage A { B b = 1; C c = 2; }`,
    'acme/v1/b.proto': `${proto3}message B {}`,
    'acme/v1/c.proto': `${proto3}message C {}`,
  })
  expect(file.dependencies.map((dependency) => dependency.proto.name)).toEqual(['acme/v1/b.proto', 'acme/v1/c.proto'])
})

test('a type of an import that is not public does not reach further', () => {
  const files = { 'b.proto': `${proto3}import "c.proto";`, 'c.proto': `${proto3}message C {}` }
  const text = `${proto3}import "b.proto";\nmessage A { C c = 1; }`
  expect(() => load({ 'a.proto': text, ...files })).toThrow('there is no message or enum "C" here')
  expect(() => load({ 'a.proto': text, ...files, 'b.proto': `${proto3}import public "c.proto";` })).not.toThrow()
})

test('comments stay with their declarations', () => {
  const { descriptor, cursor } = parseProto(
    'a.proto',
    `${proto3}
// Not this one.

// About A,
// on two lines.
message A {
  string a = 1; // behind a
  /* about b */ string b = 2;
}`,
  )
  const message = descriptor.messageType[0]
  const comments = (owner: object | undefined) => {
    const declaration = owner === undefined ? undefined : cursor.declarations.get(owner)
    return [declaration?.leading, declaration?.trailing]
  }
  expect(comments(message)).toEqual(['About A,\non two lines.', undefined])
  expect(comments(message?.field[0])).toEqual([undefined, 'behind a'])
  expect(comments(message?.field[1])).toEqual(['about b', undefined])
})
