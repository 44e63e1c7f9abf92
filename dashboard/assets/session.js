// A callback answered with 401 means that the session has ended: go to the login instead of failing silently.
const fetchFromServer = window.fetch.bind(window);

window.fetch = async (...request) => {
  const response = await fetchFromServer(...request);
  if (response.status === 401) {
    window.location.assign("/login?next=" + encodeURIComponent(window.location.pathname + window.location.search));
    return new Promise(() => {}); // the page is being left: ignore the answer
  }
  return response;
};
