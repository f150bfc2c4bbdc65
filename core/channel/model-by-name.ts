/** A model of the app by its name: those that have a repository. */
import type { AbstractContainer } from '../container/abstract-container.ts'
import type { RepositoryDetail } from '../container/bind.ts'
import { modelName } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'

export function modelByName(container: AbstractContainer, name: string): AnyModelClass | undefined {
  return container
    .components('repository')
    .map((entry) => (entry.detail as RepositoryDetail).model)
    .find((model) => modelName(model) === name)
}
