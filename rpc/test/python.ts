/** Finds a Python that has grpcio; Debian installs it for its own interpreter only. */

export function pythonWithGrpc(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find((candidate) => {
    if (Bun.which(candidate) === null) return false
    return Bun.spawnSync([candidate, '-c', 'import grpc'], { stdout: 'ignore', stderr: 'ignore' }).exitCode === 0
  })
}
