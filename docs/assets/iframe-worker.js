// Search in pages opened from disk: browsers refuse workers there, so the script of the worker
// runs in a hidden frame. Material for MkDocs would load such a script from another site.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      this.frame.srcdoc = "<body></body>"
      this.loaded = new Promise((resolve) => {
        this.frame.onload = () => {
          const { contentWindow: inner, contentDocument: page } = this.frame
          inner.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }))
          const script = page.createElement("script")
          script.onload = () => resolve(inner)
          script.src = url
          page.body.append(script)
        }
      })
      document.body.append(this.frame)
    }

    postMessage(data) {
      this.loaded.then((inner) => inner.dispatchEvent(new MessageEvent("message", { data })))
    }
  }
}
