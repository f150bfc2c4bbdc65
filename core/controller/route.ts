/** Routes as core sees them: opaque objects that say which transport they are for. Transports make and read their own. */

export interface Route {
  /** `http`, `cli`, or another transport's word. */
  readonly transport: string
}

/** The routes of a controller by name. */
export type Routes = Readonly<Record<string, Route>>

/** A controller as its app made it. */
export interface ControllerInstance<R extends Routes = Routes> {
  readonly name: string
  /** Path that all its routes start with; empty if none was given. */
  readonly prefix: string
  readonly routes: R
}
