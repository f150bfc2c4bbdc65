/** Paths that cannot work are refused where they are defined, in words. */
import { expect, test } from 'bun:test'
import { ProcessDefinitionError, ProcessNotFoundError } from '../errors.ts'
import { checkPath, instancePath, pathParameters } from './path.ts'
import { routingKey } from './signal.ts'

const refused: Readonly<Record<string, readonly [pattern: string, message: RegExp]>> = {
  'a parameter named like the length of an array': ['/x/:length', /':length'.*also a member of every array/],
  'a parameter named like a method of arrays': ['/x/:map', /':map'.*also a member of every array/],
  'a parameter named like a member of every object': ['/x/:constructor', /':constructor'.*also a member/],
  'a parameter twice': ['/x/:id/:id', /twice/],
  'a parameter without a name': ['/x/:', /no parameter name/],
  'a parameter with another start': ['/x/:1', /no parameter name/],
  'a parameter that is the prototype': ['/x/:__proto__', /':__proto__'.*also a member/],
  'a path without its first slash': ['x/:id', /must begin with '\/'/],
}

test.each(Object.entries(refused))('%s is refused', (_name, [pattern, message]) => {
  expect(() => pathParameters(pattern)).toThrow(message)
})

test('parameters come in the order of the path', () => {
  expect(pathParameters('/room/:room/seat/:seat')).toEqual(['room', 'seat'])
})

test('half a surrogate pair is refused by name, in paths and in keys; whole ones are fine', () => {
  const texts = { id: 'cut \ud83d' }
  const refusal = (call: () => unknown) => {
    try {
      return call()
    } catch (error) {
      return error
    }
  }
  const signal = { name: '/x/:id/done', params: ['id'] }
  for (const error of [
    refusal(() => instancePath('/x/:id', texts)),
    refusal(() => routingKey(signal, ['id'], texts)),
  ]) {
    expect(error).toBeInstanceOf(ProcessDefinitionError)
    expect((error as Error).message).toContain("'id' is no well-formed text")
  }
  expect(instancePath('/x/:id', { id: '😀' })).toBe('/x/%F0%9F%98%80')
})

test('what can be the path of no process is none, whatever the store would say to it', () => {
  for (const path of ['', 'order/1', '/order/\0', '/order/\ud83d'])
    expect(() => checkPath(path)).toThrow(ProcessNotFoundError)
  checkPath('/order/1%00')
})
