import { describe, expect, test } from 'bun:test'
import { shownValue, shownWrongValue } from './shown-value.ts'

describe('a value that is shown', () => {
  test.each<[unknown, unknown]>([
    ['postgres://ann:hunter2@db/app', 'postgres://ann:[secret]@db/app'],
    ['redis://:hunter2@cache', 'redis://:[secret]@cache'],
    [' postgres://ann:hunter2@db', ' postgres://ann:[secret]@db'],
    ['postgres://ann:hun@ter2@db/app', 'postgres://ann:[secret]@db/app'],
    ['postgres://ann:hun/ter2@db/app', 'postgres://ann:[secret]@db/app'],
    ['postgres//ann:hunter2@db', 'postgres//ann:[secret]@db'],
    ['postgres://db/app?user=ann&password=hunter2&ssl=on', 'postgres://db/app?user=ann&password=[secret]&ssl=on'],
    ['postgres://db:5432/app', 'postgres://db:5432/app'],
    ['https://shop.example:8443/a?b=c', 'https://shop.example:8443/a?b=c'],
    ['from 10:00 to 11:00', 'from 10:00 to 11:00'],
    [
      ['redis://a:hunter2@b', 1],
      ['redis://a:[secret]@b', 1],
    ],
    [{ main: { url: 'redis://a:hunter2@b' } }, { main: { url: 'redis://a:[secret]@b' } }],
    [true, true],
    [undefined, undefined],
  ])('%j is %j', (value, shown) => expect(shownValue(value)).toEqual(shown))
})

describe('a wrong value that is shown', () => {
  test.each<[unknown, string | undefined]>([
    ['rediss://ann:hunter2@cache:6379/0', '"rediss://ann:[secret]@cache:6379/0"'],
    ['"postgres://ann:hunter2@db/app"', undefined],
    ['postgres://ann:hun ter2@db', undefined],
    ['postgres://ann:hun/ter2@db/app', undefined],
    [['a:hunter2@b'], undefined],
    ['password=hunter2', undefined],
    ['many', '"many"'],
    [70_000, '70000'],
    [Number.NaN, undefined],
    [undefined, undefined],
  ])('%j is %j', (value, shown) => expect(shownWrongValue(value)).toBe(shown as string))
})
