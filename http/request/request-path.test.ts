import { expect, test } from 'bun:test'
import { pathOf, routingPath } from './request-path.ts'

test.each([
  ['http://a/b/c?d=/e#f', '/b/c'],
  ['http://a', '/'],
  ['http://a/', '/'],
  ['http://[::1]:80/b', '/b'],
  ['/b/c?d=e', '/b/c'],
  ['/b?c=http://d/e', '/b'],
  ['/', '/'],
  ['http://a/b%3Fc#d', '/b%3Fc'],
])('the path of %s is %s', (url, path) => {
  expect(pathOf(url)).toBe(path)
})

test.each([
  ['http://a/b/', '/b'],
  ['http://a/', '/'],
  ['http://a/%C3%A9%20x', '/é x'],
  ['http://a/b%2Fc', '/b%2Fc'],
  ['http://a/b%252Fc', '/b%252Fc'],
  ['http://a/100%25', '/100%25'],
])('routes are found for %s by %s', (url, path) => {
  expect(routingPath(url)).toBe(path)
})

test.each(['http://a/%', 'http://a/%f', 'http://a/%ff', 'http://a/%c0%af', 'http://a/%2'])('%s is refused', (url) => {
  expect(() => routingPath(url)).toThrow(URIError)
})
