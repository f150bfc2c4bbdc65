/** Products and their stock. */
import { defineService, ModelRepository, type Persistent, type Ref } from '@justscale/core'
import { HttpError } from '@justscale/http'
import { Product } from './product.ts'

export class ProductService extends defineService({
  inject: { products: ModelRepository.of(Product) },
  factory: ({ products }) => ({
    create: (name: string, stock: number): Promise<Persistent<Product>> => products.insert({ name, stock }),

    async restock(product: Ref<Product>, quantity: number): Promise<Persistent<Product>> {
      await using locked = await products.lock(product)
      if (locked === null) throw new HttpError(404, 'There is no such product')
      locked.stock += quantity
      return await products.save(locked)
    },
  }),
}) {}
