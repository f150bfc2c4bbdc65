/** What applications do: the engine's words, handed on by a file of their own. */
export * from '@justscale/engine'
export { retry as again } from '@justscale/engine'
