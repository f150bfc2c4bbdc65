/** What users import from `@justscale/core`. For users first, for authors of transports and adapters below. */
export { JustScale, JustScale as default } from './app/builder.ts'
export type { AppBuilder, DuplicateProviderError, MissingDepsError } from './app/builder-type.ts'
export type { Application, StartOptions, StopOptions, SubApplication } from './app/application.ts'
export { defineApp, type AppDefinition, type DefinitionOptions, type MainOptions } from './app/define-app.ts'
export { Lifecycle } from './app/lifecycle.ts'
export { defineModel } from './model/define-model.ts'
export { field } from './model/field.ts'
export type { InsertData, UpdateData } from './model/model-type.ts'
export { FieldValidationError, type FieldFailure } from './model/errors.ts'
export { Reference, References } from './reference/reference.ts'
export { MalformedReferenceError, ReferenceNotFoundError } from './reference/errors.ts'
export type { DeepReadonly, Lock, Locked, Persistent, Ref, Transient } from './type-state/state.ts'
export { isLocked, isPersistent, isTransient } from './type-state/guard.ts'
export { Aggregate, Condition, Order } from './query/condition.ts'
export { ConditionValueError } from './query/errors.ts'
export { q } from './query/q.ts'
export { defineService, type ServiceClass } from './service/define-service.ts'
export { defineAbstract, defineToken, type AbstractClass, type TokenClass } from './service/define-token.ts'
export { bindInstance, bindRepository, bindService } from './container/bind.ts'
export { createContribution, defineContribution, type ContributionToken } from './container/contribution.ts'
export { lazy, type InstanceOf, type Resolve } from './container/token.ts'
export { ModelRepository, type ModelRepositoryToken } from './container/model-repository.ts'
export {
  AbstractContainer,
  type ContainerEntry,
  type ControllerEntry,
  type SubAppEntry,
} from './container/abstract-container.ts'
export { createFeatureBuilder, type FeatureToken } from './feature/create-feature-builder.ts'
export { configurable, type Configurable } from './feature/configurable.ts'
export { createController } from './controller/create-controller.ts'
export { createGuard, createMiddleware, type Guard, type Middleware } from './controller/create-middleware.ts'
export { refOf, type RefSchema, type RefText } from './boundary/ref-of.ts'
export { view, type ViewSchema } from './boundary/view.ts'
export { createChannels, type ChannelKey, type ChannelOptions, type Channels } from './channel/create-channels.ts'
export type { ChannelSubscription } from './channel/subscription.ts'
export {
  ChannelKeyError,
  ChannelMessageError,
  ChannelOverflowError,
  MessageDecodeError,
  ProcessableEncodeError,
} from './channel/errors.ts'
export { createEventBus, EventValidationError, type EventBus } from './event/create-event-bus.ts'
export { Logger, type LogFields } from './log/logger.ts'
export { Repository } from './repository/repository.ts'
export { afterCommit } from './cell/after-commit.ts'
export { LockService, type NamedLockOptions } from './lock/lock-service.ts'
export { NamedLock } from './lock/named-lock.ts'
export { DeadlockError, LockLostError, LockTimeoutError } from './lock/errors.ts'
export {
  EntityGoneError,
  LockReleasedError,
  NotLockedError,
  QueryError,
  ReferenceViolationError,
  UniqueViolationError,
  UnsavedChangesError,
} from './repository/errors.ts'
export { transaction } from './cell/transaction.ts'
export { CoreError, DefinitionError, ForeignAppError, NotInAppError } from './errors.ts'
export { AppStoppedError, StartFailedError, StopFailedError, StopTimeoutError } from './app/errors.ts'
export { nameError } from './name-error.ts'
export { AppGraphError, UnprovidedTokenError } from './container/errors.ts'

// For authors of transports, adapters and features.
export { currentApp, isReachable, requireApp, runInApp, type AppContext } from './app/context.ts'
export {
  componentMeta,
  type Component,
  type componentFacts,
  type ComponentMeta,
  type CreateContext,
  type Hook,
  type HookContext,
  type ProvidesOf,
  type RequiresOf,
  type Self,
} from './container/component.ts'
export { defineComponent, type InjectableComponent } from './container/define-component.ts'
export { createStoredValue, type StoredValueComponent } from './container/stored-value.ts'
export type { AnyToken, InjectedDependencies, injectedAs, LateNeed, Need, ObjectToken } from './container/token.ts'
export { implementContract, type Controller, type Implementable } from './controller/create-controller.ts'
export {
  stepFunction,
  stepMark,
  type GuardFunction,
  type InjectedStep,
  type MiddlewareFunction,
} from './controller/create-middleware.ts'
export type { ControllerInstance, Route, Routes } from './controller/route.ts'
export { FetchHandlers, type FetchHandler } from './controller/fetch-handlers.ts'
export { MetricsSource, type MetricsText } from './metrics/metrics-source.ts'
export {
  repositorySource,
  type RepositorySource,
  type RepositorySourceDescription,
} from './container/repository-source.ts'
export type { RepositoryDetail } from './container/bind.ts'
export { repositoryToken } from './container/model-repository.ts'
export { LogSink, type LogRecord } from './log/sink.ts'
export { checkedInput, checkedPatch } from './model/checked-values.ts'
export { makeLocked, makePersistent, type StoredValues } from './model/entity-maker.ts'
export { acceptChanges, changedValues, entityName, storedValues, toStored } from './model/instance.ts'
export { entityState, type EntityState, type LockHold } from './model/entity-state.ts'
export {
  isModelClass,
  modelFields,
  modelMetadata,
  modelName,
  sameModel,
  type ModelMetadata,
} from './model/model-metadata.ts'
export { ChannelBackend, type ChannelListening } from './channel/channel-backend.ts'
export { decodeMessage, encodeMessage } from './channel/message-codec.ts'
export { referenceOfText } from './reference/reference-of-text.ts'
export { referenceFrom } from './model/reference-from.ts'
export type { FieldDefault, FieldDefinition, FieldDefinitions, FieldKind, FieldType } from './model/field-definition.ts'
export type { AnyModel, AnyModelClass, FieldsOf, KeyOf, ModelClassOf } from './model/model-type.ts'
export type { AggregateNode, Comparison, ConditionNode, FieldPath, OrderNode, TextPattern } from './query/condition.ts'
export type {
  Aggregated,
  AnyAggregate,
  FieldReference,
  FieldReferences,
  Selected,
  Selection,
} from './query/field-reference.ts'

// What the declarations of users' own code have to name, where it exports models, features or apps.
export type { BuiltIn } from './app/builder-type.ts'
export type { RepositoryBinding, StoredIn } from './container/bind.ts'
export type { ArrayField, DecimalField, Field, RefField, RefsField, StringField } from './model/field-class.ts'
export type { ModelConstructor } from './model/model-type.ts'
export type { LockHeld, Stored } from './type-state/state.ts'
