/** Paths that cannot work are refused where they are defined, in words. */
import { expect, test } from 'bun:test'
import { pathParameters } from './path.ts'

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
