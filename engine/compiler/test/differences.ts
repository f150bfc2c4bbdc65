/** What plain code does and what a process does instead, by number on docs/differences.md. */
import { expect } from 'bun:test'

export interface Difference {
  readonly body: string
  readonly plain: unknown
  readonly process: unknown
  /** Their calls, where these differ. */
  readonly calls?: readonly [plain: readonly string[], process: readonly string[]]
  /** Where only the memory of one run shows it. */
  readonly inMemory?: true
}

/** By number on the page. `plain` and `process` are results, or errors as `Name: message`. */
export const differences: Readonly<Record<number, Readonly<Record<string, Difference>>>> = {
  1: {
    'identity with what is outside': {
      body: `const before = outside.object; await svc.id(1); return before === outside.object`,
      plain: true,
      process: false,
    },
    'frozen objects': {
      body: `const o = Object.freeze({ a: 1 }); await svc.id(1); return [Object.isFrozen(o), o.a]`,
      plain: [true, 1],
      process: [false, 1],
    },
    'properties that are not enumerable': {
      body: `const o: any = Object.defineProperty({ a: 1 }, 'h', { value: 2 }); await svc.id(1); return [o.a, o.h ?? 'gone']`,
      plain: [1, 2],
      process: [1, 'gone'],
    },
    getters: {
      body: `let n = 0; const o = { get g() { return ++n } }; await svc.id(1); return [o.g > 0, o.g === o.g]`,
      plain: [true, false],
      process: [true, true],
    },
    'a proxy': {
      body: `const p: any = new Proxy({ a: 1 }, { get: () => 42 }); await svc.id(1); p.a = 5; return p.a`,
      plain: 42,
      process: 5,
    },
    'a URL and its parameters': {
      body: `const u = new URL('https://x.y'); const p = u.searchParams; await svc.id(1); p.set('a', '1'); return u.search`,
      plain: '?a=1',
      process: '',
    },
    'errors of classes of your own': {
      body: `class Odd extends Error { override name = 'Odd'; code = 7 } const e = new Odd('x', { cause: 1 }); await svc.id(1); return [e instanceof Odd, e instanceof Error, e.name, e.message, e.code, e.cause]`,
      plain: [true, true, 'Odd', 'x', 7, 1],
      process: [false, true, 'Odd', 'x', 7, 1],
    },
  },
  2: {
    'functions are new objects': {
      body: `let n = 1; const f = () => ++n; outside.kept = f; await svc.id(1); return [outside.kept === f, f(), n]`,
      plain: [true, 2, 2],
      process: [false, 2, 2],
    },
    'statics that read locals': {
      body: `let n = 1; class A { static s = n } const before = A.s; n = 5; await svc.id(1); return [before, A.s]`,
      plain: [1, 1],
      process: [1, 5],
    },
    'statics of classes': {
      body: `class A { static made = 0 } A.made++; await svc.id(1); return ++A.made`,
      plain: 2,
      process: 1,
    },
  },
  3: {
    'a member of a buffer': {
      body: `const b = Object.assign(Buffer.from('a'), { n: 1 }); await svc.id(1); return [String(b), 'n' in b]`,
      plain: ['a', true],
      process: ['a', false],
    },
    'a symbol on an error': {
      body: `const e = Object.assign(new Error('x'), { [Symbol.for('n')]: 1 }); await svc.id(1); return [e.message, Symbol.for('n') in e]`,
      plain: ['x', true],
      process: ['x', false],
    },
    ...Object.fromEntries(
      Object.entries({
        'a function in a value': [
          `const v = { inner: {} as any }; v.inner.f = function f() { return 1 }`,
          /`1\.v` cannot be stored: the function 'f' at 1\.v\.inner\.f/,
        ],
        'a symbol': [`const v = Symbol('x')`, /the symbol Symbol\(x\)/],
        'a weak collection': [`const v = new WeakMap()`, /an instance of WeakMap/],
        'an iterator': [`const v = [1][Symbol.iterator]()`, /an instance of .*Iterator/],
        'a promise in a value': [`const v = { p: Promise.resolve(1) }`, /a promise at 1\.v\.p/],
        'an instance of an unknown class': [`class A { x = 1 } const v = [new A()][0]`, /an instance of/],
      }).map(([name, [body, message]]): [string, Difference] => [
        name,
        {
          body: `${String(body)}; await svc.id(1); return typeof v`,
          plain: expect.any(String),
          process: expect.stringMatching(message as RegExp),
        },
      ]),
    ),
  },
  4: {
    'a method that its argument replaces': {
      body: `const o: any = outside.object; o.m = (x: any) => ['old', x]; const replace = async () => { o.m = (x: any) => ['new', x]; return svc.id(1) }; return o.m(await replace())`,
      plain: ['old', 1],
      process: ['new', 1],
      inMemory: true,
    },
    'a class beside an await': {
      body: `const log: any[] = []; const f = (...a: any[]) => a.length; f(class { static { log.push('class') } }, (log.push('step'), await svc.id(1))); return log`,
      plain: ['class', 'step'],
      process: ['step', 'class'],
    },
  },
  5: {
    'an iterator that is left': {
      body: `let closed = 0; const it: any = { n: 0, next() { return { done: it.n > 3, value: it.n++ } }, return() { closed++; return {} }, [Symbol.iterator]: () => it }; for (const x of it) { await svc.id(x); break } return closed`,
      plain: 1,
      process: 0,
      inMemory: true,
    },
    'an iterator without an end': {
      body: `let read = 0; const forever = (): any => ({ next: () => ({ done: false, value: read++ }), [Symbol.iterator]() { return this } }); for (const x of forever()) { if (x > 2) break; await svc.id(x) } return read`,
      plain: 4,
      process: 10_001,
    },
    'a pattern with an await': {
      body: `const log: any[] = []; const it = (): any => ({ n: 0, next() { log.push('next'); return { done: false, value: undefined } }, [Symbol.iterator]() { return this } }); const [a = (log.push('default'), await svc.id(1)), b] = it(); return log`,
      plain: ['next', 'default', 'next'],
      process: ['next', 'next', 'default'],
    },
    'the last of many items': {
      body: `const many = (): any => ({ n: 0, next() { return { done: this.n > 10_000, value: this.n++ } }, [Symbol.iterator]() { return this } }); for (const x of many()) if (x === 9_999) await svc.id(x); return 'end'`,
      plain: 'end',
      process: expect.stringContaining('IterationLimitError'),
      calls: [['id(9999)'], ['id(9999)']],
    },
  },
  6: {
    'an iterable of promises': {
      body: `const log: any[] = []; const source = (): any => ({ n: 0, async next() { log.push('next'); return { done: this.n > 1, value: this.n++ } }, [Symbol.asyncIterator]() { return this } }); for await (const x of source()) log.push(await svc.id(x)); return log`,
      plain: ['next', 0, 'next', 1, 'next'],
      process: ['next', 'next', 'next', 0, 1],
      inMemory: true,
    },
    'one that fails': {
      body: `const log: any[] = []; const source = (): any => ({ n: 0, async next() { if (this.n > 1) throw new Error('broken'); return { done: false, value: this.n++ } }, [Symbol.asyncIterator]() { return this } }); try { for await (const x of source()) log.push(await svc.id(x)) } catch (e: any) { log.push(e.message) } return log`,
      plain: [0, 1, 'broken'],
      process: ['broken'],
    },
  },
  7: {
    'a local before its declaration': {
      body: `const early = () => later; let seen: any; try { seen = early() } catch (e: any) { seen = e.name } await svc.id(1); const later = 2; return [seen, later]`,
      plain: ['ReferenceError', 2],
      process: [undefined, 2],
    },
  },
  8: {
    'a floating call behind the end': {
      body: `const work = async () => { await svc.id('first'); await svc.id('second') }; void work(); await svc.id('last'); return 'done'`,
      plain: 'done',
      process: 'done',
      calls: [['id("first")', 'id("last")', 'id("second")'], ['id("last")']],
    },
  },
  9: {
    'a returned call in a try': {
      body: `const f = async () => { try { return svc.fail('x') } catch { return 'caught' } }; try { return await f() } catch (e: any) { return e.message }`,
      plain: 'x',
      process: 'caught',
    },
  },
  12: {
    'a rejection nobody looks at': {
      body: `const work = async () => { await svc.fail('lost') }; work().catch?.(() => 0); await svc.id(1); return 'fine'`,
      plain: 'fine',
      process: 'fine',
    },
  },
  13: {
    'the name of a function': {
      body: `const f = () => 1; await svc.id(1); return f.name`,
      plain: 'f',
      process: '',
    },
  },
  14: {
    'a call whose promise nobody looks at': {
      body: `svc.id('plain'); await svc.id('first'); return 1`,
      plain: 1,
      process: 1,
    },
    'a promise returned out of a loop': {
      body: `outside.object.load = async (n: number) => n; const f = async () => { for (const n of [1, 2]) if (n > 1) return outside.object.load(n) }; return await f()`,
      plain: 2,
      process: expect.stringContaining('PlainPromiseError: A function returned a promise'),
    },
  },
  15: {
    'what is kept of a call beside': {
      body: `const p = svc.id(1); const is = p instanceof Promise; return [is, await p]`,
      plain: [true, 1],
      process: [false, 1],
    },
    'a handle that a plain call gives back': {
      body: `const f = async () => await svc.id(1); const m = new Map<string, any>([['a', f()]]); await svc.id(0); return await (await svc.yes(), m).get('a')`,
      plain: 1,
      process: expect.stringContaining('PlainPromiseError: A call gave back a promise'),
      calls: [
        ['id(1)', 'id(0)', 'yes()'],
        ['id(0)', 'yes()'],
      ],
    },
    'an object given to a call beside': {
      body: `const o = { n: 1 }; const p = svc.id(o); const q = svc.id(o.n); o.n = 2; await p; return await q`,
      plain: 1,
      process: 1,
      calls: [
        ['id({"n":1})', 'id(1)'],
        ['id({"n":2})', 'id(1)'],
      ],
    },
  },
}
