/** Secrets from a vault: `provideConfig(Keys, fromVault(vault, { apiKey: 'payments/api-key' }))`. */

/** The seam to wherever secrets are kept. */
export interface Vault {
  /** The secret at `path`, `undefined` when there is none. Rejects when the vault cannot be asked. */
  read(path: string): Promise<string | undefined>
}

/** Reads each key of a slice from its path in the vault, all at once. */
export function fromVault<const Paths extends Readonly<Record<string, string>>>(
  vault: Vault,
  paths: Paths,
): () => Promise<{ readonly [Name in keyof Paths]: string | undefined }> {
  return async () => {
    const entries = Object.entries(paths).map(async ([name, path]) => [name, await vault.read(path)] as const)
    return Object.fromEntries(await Promise.all(entries)) as { readonly [Name in keyof Paths]: string | undefined }
  }
}

/** A vault of files, one per secret, as container platforms mount them: `/run/secrets`. */
export function fileVault(folder: string): Vault {
  return {
    async read(path) {
      const file = Bun.file(`${folder}/${path}`)
      return (await file.exists()) ? (await file.text()).trimEnd() : undefined
    },
  }
}
