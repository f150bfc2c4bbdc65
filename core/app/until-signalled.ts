/** Waits until the operating system asks the program to end. */

export function untilSignalled(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, end)
      resolve()
    }
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, end)
  })
}
