/** Reads what references point at through the app's repositories. */
import type { AbstractContainer } from '../container/abstract-container.ts'
import { ModelRepository } from '../container/model-repository.ts'
import type { AnyModel, AnyModelClass } from '../model/model-type.ts'
import type { ReferenceSource } from '../reference/loader.ts'
import { Reference } from '../reference/reference.ts'

export function repositoryReferences(container: AbstractContainer): ReferenceSource {
  return {
    async load(model: AnyModelClass, identifiers: readonly string[]) {
      const repository = await container.resolve(ModelRepository.of<AnyModel>(model))
      return repository.getMany(identifiers.map((identifier) => new Reference<AnyModel>(model, identifier)))
    },
  }
}
