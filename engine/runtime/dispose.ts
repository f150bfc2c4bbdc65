/** Lets go of a resource of `using`, whichever way it offers. */
export async function dispose(resource: unknown): Promise<void> {
  if (resource === null || resource === undefined) return
  const disposer: unknown =
    Reflect.get(Object(resource), Symbol.asyncDispose) ?? Reflect.get(Object(resource), Symbol.dispose)
  if (typeof disposer === 'function') await disposer.call(resource)
}
