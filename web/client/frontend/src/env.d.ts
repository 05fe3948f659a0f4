/// <reference types="vite/client" />

declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}

interface ImportMetaEnv {
  /** Where the server is, for a mini program: a browser asks the one that its page is from. */
  readonly VITE_DOORBELL_URL?: string
}
