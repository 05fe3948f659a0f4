/** Where the server is. */

let server: string = import.meta.env.VITE_DOORBELL_URL ?? 'http://127.0.0.1:8000'
// #ifdef H5
server = location.origin
// #endif

/** Begins every address of ours. In a browser too: uni-app takes a path that begins with /static for one of its own. */
export const SERVER = server

/** The one socket's address. */
export const SOCKET = `${server.replace(/^http/, 'ws')}/connection/websocket`
