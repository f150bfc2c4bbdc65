/** Every error class that the packages export, by the name it is exported under. */
import * as core from '@justscale/core'
import * as cell from '@justscale/core/cell'
import * as cli from '@justscale/core/cli'
import * as engine from '@justscale/engine'
import * as http from '@justscale/http'
import * as postgres from '@justscale/postgres'
import * as rpc from '@justscale/rpc'

type ErrorClass = { readonly prototype: Error }

/** Name and class. */
export const allErrors: readonly (readonly [string, ErrorClass])[] = [core, cell, cli, engine, http, postgres, rpc]
  .flatMap((exported): [string, unknown][] => Object.entries(exported))
  .flatMap(([name, value]) => (isErrorClass(value) ? [[name, value] as const] : []))

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && value.prototype instanceof Error
}
