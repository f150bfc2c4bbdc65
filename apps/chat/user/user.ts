/** Somebody who has signed in. */
import { defineModel, field } from '@justscale/core'

export class User extends defineModel({
  name: 'User',
  fields: {
    name: field.string().max(40).unique(),
    /** Hash, never the password. */
    password: field.text(),
  },
}) {}
