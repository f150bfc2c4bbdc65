/** Abstract tokens: what a component asks for without saying who implements it. Bind one with `bindService` or `bindInstance`. */
import { DefinitionError } from '../errors.ts'

declare const tokenName: unique symbol

/** Base class of an abstract token; nominal by its name. */
export interface TokenBase<Name> {
  readonly [tokenName]?: Name
}

export type TokenClass<Name> = (abstract new () => TokenBase<Name>) & { readonly tokenName: Name }
export type AbstractClass<Instance> = (abstract new () => Instance) & { readonly tokenName: string }

/** For an abstract class with members: `abstract class EmailSender extends defineToken('EmailSender') { abstract send(...) }`. */
export function defineToken<const Name extends string>(name: Name): TokenClass<Name> {
  return abstractClass(name) as TokenClass<Name>
}

/** For a token of an interface: `class Clock extends defineAbstract<ClockApi>('Clock') {}`. */
export function defineAbstract<Instance>(name: string): AbstractClass<Instance> {
  return abstractClass(name) as AbstractClass<Instance>
}

function abstractClass(name: string): unknown {
  abstract class Token {
    static readonly tokenName = name

    constructor() {
      if (
        new.target === undefined ||
        Object.hasOwn(new.target, 'tokenName') ||
        Object.getPrototypeOf(new.target) === Token
      ) {
        throw new DefinitionError(`${name} is an abstract token: it has no instances of its own`, {
          hint: `Bind an implementation: .add(bindService(${name}, Implementation)).`,
        })
      }
    }
  }
  return Token
}
