// Where tickets come from, and what the page does with the news.
const provider = document.querySelector("causerie-provider");

provider.getTicket = async () => {
  const answer = await fetch("/ticket", { method: "POST" });
  if (!answer.ok) throw new Error("nobody is signed in");
  return (await answer.json()).data.ticket;
};

provider.addEventListener("causerie-turn", ({ detail }) => {
  console.log(`${detail.turnId} cost ${detail.receipt.charged} credits`);
});
provider.addEventListener("causerie-signed-out", () => {
  document.body.dataset.signedOut = "yes"; // offer your own sign-in
});
