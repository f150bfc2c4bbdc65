/** What applications do besides: the words under names of their own, one by one and by module. */
import * as engine from '@justscale/engine'
import { routine } from '@justscale/engine'

export { retry as again, defineProcess as makeProcess } from '@justscale/engine'
export { engine, routine as durable }
export const wait = engine.delay
export default engine.defineProcess
