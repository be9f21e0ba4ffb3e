/** What moves on the page: a log that goes on, and an overview that stays true. Without it the pages are as they were when loaded. */
export const script = `'use strict'
const log = document.querySelector('pre.log[data-events]')
if (log) {
  const decoder = new TextDecoder()
  const source = new EventSource(log.dataset.events)
  let ended = false
  source.addEventListener('log', (event) => {
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40
    const { content } = JSON.parse(event.data)
    const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0))
    log.append(decoder.decode(bytes, { stream: true }))
    if (log.textContent.length > 4194304) log.textContent = log.textContent.slice(-2097152)
    if (atEnd) log.scrollTop = log.scrollHeight
  })
  source.addEventListener('state', () => refresh())
  source.addEventListener('end', () => {
    ended = true
    source.close()
    refresh()
  })
}
async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } })
    if (!answer.ok) return
    const found = new DOMParser().parseFromString(await answer.text(), 'text/html')
    for (const part of document.querySelectorAll('[data-live]')) {
      const fresh = found.querySelector('[data-live="' + part.dataset.live + '"]')
      if (fresh && fresh.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.replaceWith(fresh)
    }
  } catch {}
}
if (document.querySelector('[data-often]')) setInterval(() => document.hidden || refresh(), 3000)
`
