/** Errors of the engine: each with a stable code, a hint, and a page under docs/errors. */
import { nameError } from './name-error.ts'

export abstract class EngineError extends Error {
  static {
    nameError(this, 'EngineError')
  }

  abstract readonly code: string
  /** What to do about it. */
  readonly hint: string | undefined

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    if (!Object.hasOwn(new.target.prototype, 'name')) this.name = new.target.name
    this.hint = options.hint
  }
}

/** This node no longer owns the process (or the process moved on): nothing was written. */
export class FencedError extends EngineError {
  static {
    nameError(this, 'FencedError')
  }

  readonly code = 'ENGINE_FENCED'
}

const LOADED = Symbol.for('justscale.plugin')

/** Told by the plugin: modules of this OS process go through the compiler. */
export function pluginIsLoaded(): void {
  Reflect.set(globalThis, LOADED, true)
}

const ADD_PLUGIN =
  ' was not compiled. Add to bunfig.toml in the folder you run from:\n\n' +
  '  preload = ["@justscale/engine/plugin/register"]\n\n' +
  '  [test]\n' +
  '  preload = ["@justscale/engine/plugin/register"]\n'

/**
 * A process, a routine or one of the engine's primitives ran as plain code: the plugin is not loaded, or the compiler did
 * not see what it is.
 */
export class NotCompiledError extends EngineError {
  static {
    nameError(this, 'NotCompiledError')
  }

  readonly code = 'ENGINE_NOT_COMPILED'

  /** `definedAt`: file, line and column of its definition, where that is known. */
  constructor(what: string, kind: 'process' | 'routine' | 'primitive' = 'primitive', definedAt?: string) {
    const loaded = Reflect.get(globalThis, LOADED) === true
    const [message, hint] = UNSEEN[kind]
    const place = definedAt === undefined ? '' : ` (defined at ${definedAt})`
    super(`${what}${place}${loaded ? message : ADD_PLUGIN}`, {
      hint: loaded ? hint : 'Bun.build takes the plugin in `plugins`. Primitives work only in handlers and routines.',
    })
  }
}

/** With the plugin loaded: what the compiler has not seen, and how it does. */
const UNSEEN = {
  process: [
    ' was not compiled: the compiler did not see that it is one',
    'Import createProcess or defineProcess with an `import` statement, from its package or through files of your own that hand it on, and call it directly, with `path` and `handler` written in the call: not by `require`, as a member of an object, through a parameter, or in an installed package.',
  ],
  routine: [
    ' was called in plain code, which nothing can pause',
    'Call it with `await` in a handler or in another `routine(async (...) => { ... })`, as `settle(...)` or `helpers.settle(...)`.',
  ],
  primitive: [
    ' was called in plain code: it works in handlers and routines only',
    'A function that waits is `export const settle = routine(async (...) => { ... })`. In a handler, import the word with an `import` statement, and call it directly.',
  ],
} as const

/** Thrown at the current wait of a process that is being cancelled; also what `handle.result` rejects with then. */
export class ProcessCancelled extends EngineError {
  static {
    nameError(this, 'ProcessCancelled')
  }

  readonly code = 'ENGINE_PROCESS_CANCELLED'
  readonly reason: unknown

  constructor(reason?: unknown) {
    super(
      typeof reason === 'string' && reason !== ''
        ? `The process was cancelled: ${reason}`
        : 'The process was cancelled',
    )
    this.reason = reason
  }
}

/** A signal that no process could ever be reached by, or that is emitted without a parameter it is routed by. */
export class SignalRouteError extends EngineError {
  static {
    nameError(this, 'SignalRouteError')
  }

  readonly code = 'ENGINE_SIGNAL_ROUTE'
}

/** A process is defined or started in a way that cannot work: path, parameters, unknown definition. */
export class ProcessDefinitionError extends EngineError {
  static {
    nameError(this, 'ProcessDefinitionError')
  }

  readonly code = 'ENGINE_PROCESS_DEFINITION'
}

/** Something was asked of an engine that is not running, or outside of any engine. */
export class NoEngineError extends EngineError {
  static {
    nameError(this, 'NoEngineError')
  }

  readonly code = 'ENGINE_NOT_RUNNING'
}

/** No process has this path. */
export class ProcessNotFoundError extends EngineError {
  static {
    nameError(this, 'ProcessNotFoundError')
  }

  readonly code = 'ENGINE_PROCESS_NOT_FOUND'
}

/** A program in the store is not what a build with this engine's key has stored: its code is not run. */
export class ProgramRefusedError extends EngineError {
  static {
    nameError(this, 'ProgramRefusedError')
  }

  readonly code = 'ENGINE_PROGRAM_REFUSED'
}

/** A program that a live process needs cannot run here: a binding, a dependency or the program itself is missing. */
export class ProgramUnavailableError extends EngineError {
  static {
    nameError(this, 'ProgramUnavailableError')
  }

  readonly code = 'ENGINE_PROGRAM_UNAVAILABLE'
}

/** An option of an engine or its store is a number that it cannot work with. */
export class EngineOptionsError extends EngineError {
  static {
    nameError(this, 'EngineOptionsError')
  }

  readonly code = 'ENGINE_OPTIONS'
}

/** A schedule's cron rule, time zone, `missed` or name is none, or its name is taken. */
export class ScheduleDefinitionError extends EngineError {
  static {
    nameError(this, 'ScheduleDefinitionError')
  }

  readonly code = 'ENGINE_SCHEDULE_DEFINITION'
}

/** The store cannot hold something in a checkpoint (a key too long for an index, say), now or later: the process fails there. */
export class CheckpointRefusedError extends EngineError {
  static {
    nameError(this, 'CheckpointRefusedError')
  }

  readonly code = 'ENGINE_CHECKPOINT_REFUSED'
}

/** A signal would reach a process that does not read what it is sent: it is refused, and no inbox received it. */
export class InboxFullError extends EngineError {
  static {
    nameError(this, 'InboxFullError')
  }

  readonly code = 'ENGINE_INBOX_FULL'
  /** Instance path of the process. */
  readonly process: string

  constructor(signal: string, process: string, limit: number) {
    super(
      `The signal ${signal} is refused: ${limit} signals wait in the inbox of ${process}, which does not read them`,
      {
        hint: 'Look where it stands (`just process show`): it may be paused or failed. Drain what is stale, or raise the limit of inboxes.',
      },
    )
    this.process = process
  }
}

/** A process was in a turn three times in a row when its node died: it is not run again by itself. */
export class QuarantinedError extends EngineError {
  static {
    nameError(this, 'QuarantinedError')
  }

  readonly code = 'ENGINE_QUARANTINED'

  constructor(process: string) {
    super(`Three nodes in a row died while they ran ${process}`, {
      hint: 'Something in its step may end the OS process or use up its memory. When that is mended: `just process retry`.',
    })
  }
}
