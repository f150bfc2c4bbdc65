/**
 * Every kind of expression and statement, with an await in each child position that may hold one, and in all of them at
 * once. A template marks its positions `<value>`; each place takes the value plain or awaited.
 */

/** Templates by kind: a handler's body that returns what can be compared. */
const templates: Readonly<Record<string, string>> = {
  ArrayExpression: 'return [<1>, <2>, ...<[3, 4]>, <5>]',
  ArrayHole: 'return [<1>, , <2>].length',
  ArrowFunctionExpression: 'const f = async (n: any) => [<1>, n, <2>]; return await f(<3>)',
  FunctionExpression: 'const f = async function (n: any) { return [<1>, n] }; return [await f(<2>), <3>]',
  FunctionDeclaration: 'async function f(n: any, m = 4) { return [<1>, n, m, <2>] } return [<5>, await f(<3>)]',
  DefaultParameter: 'const k = <1>; const f = (a: any, b = k) => [a, b]; return [f(<2>), f(<3>, <4>)]',
  AssignmentExpression: 'let x: any; const r = (x = <1>); return [x, r]',
  AssignmentToMember: 'const o: any = {}; <o>.a = <1>; <o>[<"b">] = <2>; return o',
  AssignmentToPattern:
    'let a: any, b: any; [a, b = <1>] = <[2]>; ({ a: b = <3>, [<"k">]: a } = <{ k: 5 } as any>); return [a, b]',
  AssignmentSwap: 'let a = <1>, b = <2>; [a, b] = [b, <a>]; return [a, b]',
  CompoundAssignment: 'let x = <5>; x += <1>; x *= <2>; x -= <3>; x **= <2>; x %= <7>; x <<= <2>; x |= <1>; return x',
  CompoundMember: 'const o: any = { a: 1, b: "s" }; o.a += <2>; <o>[<"b">] += <"t">; return o',
  LogicalAssignment:
    'let a: any = <null>; a ??= <1>; a &&= <2>; a ||= <3>; const o: any = {}; <o>[<"x">] ??= <4>; return [a, o]',
  BinaryExpression:
    'return [<1> + <2>, <3> - <1>, <2> * <3>, <6> / <3>, <1> < <2>, <1> === <1>, <"a"> in <{ a: 1 }>, <7> >> <1>]',
  BinaryNested: 'let x = 1; return [x + <2> * (x = <3>) + x, <x>]',
  InstanceOf: 'return [<[]> instanceof <Array>, <1 as any> instanceof <Date>]',
  UnaryExpression: 'return [-<1>, !<0>, typeof <"s">, void <1>, ~<2>, +<"3">]',
  DeleteExpression: 'const o: any = { a: 1, b: 2 }; const r = delete <o>[<"a">]; return [o, r]',
  UpdateExpression: 'const o: any = { a: [1] }; const r = [<o>.a[<0>]++, --<o>.a[<0>]]; return [o, r]',
  LogicalExpression: 'return [<1> && <2>, <0> && <2>, <0> || <3>, <1> || <3>, <null> ?? <4>, <0> ?? <4>]',
  ConditionalExpression: 'return [<1> ? <2> : <3>, <0> ? <2> : <3>, <1> ? (<0> ? <4> : <5>) : <6>]',
  SequenceExpression: 'let x = 0; const y = (x = <1>, x += <2>, <x>); return [x, y]',
  CallExpression: 'const f = (...a: any[]) => a; return [f(<1>, <2>), f(<3>), f(...<[4, 5]>, <6>)]',
  CallMember: 'const xs = [3, 1]; return [xs.concat(<[2]>, <[4]>), (<xs>).indexOf(<1>), xs[<"slice">](<1>)]',
  CallOptional:
    'const o: any = [7, 8]; const n: any = null; return [o.at?.(<1>), n?.f(<2>), (<o>)?.at?.(<0>), (<n>)?.f(<4>), o.g?.(<5>)]',
  NewExpression:
    'return [new Date(<1>).getTime(), new Map(<[[1, 2]] as any>).size, new Set(<[1]>).size, new Array(<1>, <2>)]',
  MemberExpression:
    'const o: any = { a: { b: [1, 2] } }; return [(<o>).a.b[<1>], o[<"a">][<"b">][<0>], (<o>)?.[<"z">]?.[<"y">]]',
  ObjectExpression: 'return { a: <1>, [<"b">]: <2>, ...<{ c: 3 }>, d: { e: <4> }, ["f" + <5>]: [<6>] }',
  ObjectMethods:
    'const x = <1>; const o = { m() { return x }, get g() { return x + 1 }, [<"k">]: <2> }; return [o.m(), o.g, o.k]',
  TemplateLiteral: 'return `a${<1>}b${<2>}c${`d${<3>}`}`',
  TaggedTemplate: 'const t = (s: any, ...v: any[]) => [...s, ...v]; return [t`a${<1>}b${<2>}c`, t`x${<3>}`]',
  AwaitExpression: 'return [await <1>, await (<Promise.resolve(2)>), await (<1> ? svc.id(3) : svc.id(<4>))]',
  ClassExpression:
    'const base = <5>; const C = class { v: any; constructor(v: any) { this.v = v } get w() { return this.v + 1 } }; return [new C(<1>).w, base]',
  ClassExpressionInPlace:
    'const f = (C: any, v: any) => new C(v).v; return [f(class { v: any; constructor(v: any) { this.v = v } }, <1>), new (class { v: any; constructor(v: any) { this.v = v } })(<2>).v, [class { v = 3 }, <4>].length]',
  NewExpressionOfMember:
    'return [new Intl.NumberFormat(<"en">, <{ style: "percent" }>).format(1), Temporal.Duration.from({ hours: <2> }).hours]',
  TaggedTemplateOfSequence: 'const t = (s: any, ...v: any[]) => [s.length, ...v]; return (<1>, t)`a${<2>}b${<3>}`',
  SpreadExpression: 'return [Math.max(...<[1, 2]>, ...<[3]>), [...<"ab">], { ...<null>, ...<{ a: 1 }> }]',
  RegExpLiteral: 'return [/a(b)/.test(<"ab">), <"xay">.replace(/a/g, <"-">)]',
  AsExpression: 'const x = (<1> as any)! as number; const y = <{ a: 1 }> satisfies object; return [x, y]',
  VariableDeclaration: 'const a = <1>, b = <2>; let c = <a> + b; var d = <c>; return [a, b, c, d]',
  DestructuringDeclaration:
    'const { a, b: { c = <1>, ...more }, [<"k">]: d = <2> } = <{ a: 1, b: { x: 9 } } as any>; const [e, , f = <3>, ...g] = <[1, 2, undefined, 4] as any>; return [a, c, more, d, e, f, g]',
  ExpressionStatement: 'const o: any = []; <o>.push(<1>); <2>; o.push(<3>); return o',
  IfStatement:
    'const o = []; if (<1>) o.push(<2>); else o.push(<3>); if (<0>) { o.push(<4>) } else if (<1>) { o.push(<5>) } return o',
  ForStatement:
    'const o = []; for (let i = <0>, n = <3>; i < <n>; i += <1>) { if (i === <1>) continue; o.push(<i>) } return o',
  ForClosures:
    'const o: any[] = []; for (let i = <0>; i < <3>; i++) { const next = () => ++i; await svc.id(i); o.push(next(), <i>) } return o',
  ForOfStatement:
    'const o = []; for (const x of <[1, 2, 3]>) { if (<x> === 2) continue; o.push(<x>); if (x === <3>) break } return o',
  ForOfPattern:
    'const o = []; for (const [a, { b = <9> }] of <[[1, { b: 2 }], [3, {}]] as any>) o.push(a, <b>); return o',
  ForInStatement: 'const o: any[] = []; for (const k in <{ a: 1, b: 2 }>) { o.push(<k>) } return o',
  ForOfMap:
    'const o: any[] = []; const m = new Map<any, any>([[1, <2>], [3, <4>]]); for (const [k, v] of m) { if (m.size < 4) m.set(k + 4, <5>); if (k === 1) m.delete(3); o.push(k, <v>) } return o',
  ForOfSet:
    'const o: any[] = []; const s = new Set<any>([<1>, <2>]); for (const x of s) { if (x < 4) s.add(x + 2); o.push(<x>); s.delete(<2>) } return o',
  ForOfEntries:
    'const o: any[] = []; const xs = [<1>, <2>]; for (const [i, x] of xs.entries()) { if (xs.length < 3) xs.push(<3>); o.push(i, <x>) } return o',
  ForOfIterator:
    'const o: any[] = []; for (const x of <[1, 2, 3]>.values().map((n: number) => n * 2)) { if (x > <4>) break; o.push(<x>) } return o',
  ForInInstance:
    'const o: any[] = []; class A { a = 1; b = 2 } for (const k in new A()) { o.push(<k>) } for (const k in Object.create(<{ c: 1 }>)) o.push(<k>); return o',
  ForAwaitStatement: 'const o = []; for await (const x of [<2>, 3, svc.id(1)]) { o.push(<x>) } return o',
  WhileStatement:
    'let n = 0; const o = []; while (n < <3>) { n += <1>; if (n === <2>) continue; o.push(<n>) } return o',
  DoWhileStatement:
    'let n = 0; const o = []; do { n++; if (<n> === 2) continue; o.push(<n>); if (n > <5>) break } while (n < <3>); return o',
  LabeledStatement:
    'const o = []; out: for (const a of <[1, 2, 3]>) { for (const b of <[1, 2]>) { if (b === <2>) continue out; if (a === <3>) break out; o.push(<a>) } } return o',
  LabeledBlock: 'const o = []; done: { o.push(<1>); if (<1>) break done; o.push(<2>) } return o',
  SwitchStatement:
    'const o = []; for (const x of [1, 2, 3, 4]) switch (<x>) { case <1>: o.push(<"a">); break; case <2>: o.push(<"b">); case 3: o.push(<"c">); continue; default: o.push(<"d">) } return o',
  SwitchLexical:
    'switch (<2>) { case 1: { return <1> } case 2: { const y = <3>; const f = () => y; await svc.id(0); return f() } }',
  ThrowStatement: 'if (<0>) throw new Error(<"no">); throw new TypeError(<"yes">)',
  TryCatch:
    'const o: any[] = []; try { o.push(<1>); throw new Error(<"x">) } catch (e: any) { o.push(<e.message>) } return o',
  TryCatchPattern: 'try { throw { a: <1>, b: [<2>] } } catch ({ a, b: [c] }: any) { return [<a>, <c>] }',
  TryCatchByClass:
    'const o: any[] = []; try { o.push(<1>); throw new KnownError(<"x">) } catch (e: any) { o.push(<2>, e instanceof <KnownError>, <e.shown>, e instanceof Error) } return o',
  TryFinallyByClass:
    'const f = async () => { try { throw new KnownError(<"x">, { cause: [new KnownError("c")] }) } finally { <1> } }; const kept: any = {}; try { await f() } catch (e: any) { kept.e = e } <2>; const { e } = kept; return [e instanceof KnownError, e.name, e.cause[0] instanceof KnownError, <e.shown>]',
  TryFinally:
    'const o: any[] = []; const f = async () => { try { o.push(<1>); return <2> } finally { o.push(<3>) } }; return [await f(), o]',
  TryFinallyOverrides:
    'const f = async () => { for (const x of [1, 2]) { try { return <x> } finally { if (<x> === 1) continue; } } return <9> }; return await f()',
  TryNested:
    'const o: any[] = []; try { try { await svc.fail(<"a">) } finally { o.push(<1>) } } catch (e: any) { o.push(e.message, <2>) } finally { o.push(<3>) } return o',
  TryThrowsInCatch:
    'const o: any[] = []; try { try { throw new Error(<"a">) } catch { throw new Error(<"b">) } finally { o.push(<1>) } } catch (e: any) { return [e.message, o] }',
  ReturnStatement: 'const f = async (n: any) => { if (n) return <1>; return <2> }; return [await f(<0>), await f(<1>)]',
  UsingDeclaration:
    'const o: any[] = []; { using r = { [Symbol.dispose]() {} }; o.push(<1>); if (<0>) return; } o.push(<2>); return o',
  BlockStatement: 'let x = <1>; { let x = <2>; { const y = <x>; x += y } await svc.id(x) } return x',
  EmptyStatement: 'for (let i = 0; i < <2>; i++) ; ; return <1>',
  PromiseAll: 'return await Promise.all([svc.id(<1>), <2>, (async () => <3>)()])',
  PromiseAllMap: 'return await Promise.all((<[1, 2]>).map(async (n: any) => n + <10>))',
  PromiseAllSettled: 'return await Promise.allSettled([svc.id(<1>), svc.fail(<"x">).catch(() => 2)])',
  PromiseChain:
    'const p = svc.id(<1>).then((x: any) => x + 1); const q = p.finally(() => 0); const r = svc.fail(<"x">).catch((e: any) => e.message); return [await p, <2>, await q, await r]',
  PromiseInValues:
    'const o = { a: svc.id(<1>), b: [svc.id(<2>)] }; const m = new Map<string, any>(); m.set("c", svc.id(<3>)); return [await o.a, <4>, await o.b[0], await m.get("c")]',
  PromiseLoop:
    'const o: any[] = []; const ps: any[] = []; for (const n of <[1, 2]>) ps.push(svc.id(n)); for (const p of ps) o.push(await p, <3>); return o',
  ChainedCall: 'const s = <"a-b">; return s.split(<"-">).map((x: string) => x + 1).join(<"+">)',
  ClosureOverState: 'let n = <1>; const add = (m: number) => (n += m); add(<2>); await svc.id(n); add(<3>); return n',
  RecursiveCall:
    'const fact = async (n: number): Promise<number> => n <= 1 ? <1> : n * (await fact(n - <1>)); return await fact(<3>)',
}

const PLACE =
  /<((?:"[^"]*"|\[[^<>]*\](?: as any)?|\{[^<>]*\}(?: as any)?|[\w.]+(?:\([^<>]*\))?(?: as any)?))>(?!\s*=>)/g

/** A template with the places in `awaited` awaited. */
function fill(template: string, awaited: (index: number) => boolean): string {
  let index = 0
  return template.replace(PLACE, (_all, value: string) =>
    awaited(index++) ? `(await svc.pass(${value}))` : `(${value})`,
  )
}

function places(template: string): number {
  return template.match(PLACE)?.length ?? 0
}

/** Bodies by name: none awaited, each place alone, all; and each pair of places. */
export function matrix(pairs: boolean): [name: string, body: string][] {
  return Object.entries(templates).flatMap(([kind, template]): [string, string][] => {
    const count = places(template)
    const found: [string, string][] = [
      [`${kind} plain`, fill(template, () => false)],
      [`${kind} all`, fill(template, () => true)],
    ]
    for (let a = 0; a < count; a++) {
      found.push([`${kind} ${a}`, fill(template, (index) => index === a)])
      for (let b = a + 1; pairs && b < count; b++)
        found.push([`${kind} ${a} and ${b}`, fill(template, (index) => index === a || index === b)])
    }
    return found
  })
}
