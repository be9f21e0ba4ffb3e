// In place of `node:http2`, which our requests never speak: undici does without where a build of Node lacks it.
throw new Error('this program speaks no HTTP/2')
