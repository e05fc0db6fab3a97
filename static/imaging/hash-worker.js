// SHA-256 of one file at a time, off the page's thread.
self.onmessage = async ({ data: { id, file } }) => {
  try {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    self.postMessage({ id, sha256 });
  } catch (error) {
    self.postMessage({ id, error: error.name });
  }
};
