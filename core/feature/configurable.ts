/**
 * Features with options: `.add(HttpFeature)` takes the defaults, `.add(HttpFeature({ port: 8080 }))` changes some. Every
 * feature that has options is made with this, so that all are used alike.
 */
import { componentMeta, type Component } from '../container/component.ts'

/** The feature with its defaults; called, the same one with options. */
export type Configurable<Options extends object, Feature extends Component> = Pick<Feature, keyof Feature> &
  ((options: Options) => Feature)

/**
 * `make` must not depend on anything but the options, all of which may be left out: it is called once with none, and once for
 * each use with some.
 */
export function configurable<Options extends object, Feature extends Component>(
  make: (options: Options) => Feature,
): Configurable<Options, Feature> {
  const withDefaults: Component = make({} as Options)
  const configured = (options: Options) => make(options)
  return Object.assign(configured, { [componentMeta]: withDefaults[componentMeta] }) as unknown as Configurable<
    Options,
    Feature
  >
}
