// The peer of the benchmark of rounds: LEMON's NetworkSimplex on the same
// problem, for its time and its total. Reads from standard input, in binary and
// in the machine's byte order: int32 experts, needs, edges, repetitions; the
// capacities; the seats; then expert, need, score of each edge. Prints for each
// repetition a line "total seconds cpu", where the seconds are those of run()
// alone, by the clock and of the processor, with the graph and its maps built
// before.
//
// Build: g++ -O2 -DNDEBUG -o lemon-rounds lemon.cc   (Debian: liblemon-dev)
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

std::vector<std::int32_t> read(std::size_t n) {
  std::vector<std::int32_t> v(n);
  if (std::fread(v.data(), sizeof(std::int32_t), n, stdin) != n) {
    std::fputs("lemon-rounds: input ends too early\n", stderr);
    std::exit(1);
  }
  return v;
}

}  // namespace

int main() {
  const auto head = read(4);
  const int experts = head[0], needs = head[1], edges = head[2];
  const auto capacity = read(experts), seats = read(needs);
  const auto list = read(3 * static_cast<std::size_t>(edges));

  // One source, one sink, and a bypass at no cost for experts who stay at home. Of
  // the ways to say it that were tried, this is the one that LEMON solves fastest:
  // with supplies at the experts and one root for all that is left over it took up
  // to seventy times as long.
  using Graph = lemon::SmartDigraph;
  Graph g;
  g.reserveNode(experts + needs + 2);
  g.reserveArc(edges + experts + needs + 1);
  for (int i = 0; i < experts + needs + 2; ++i) g.addNode();
  const int source = experts + needs, sink = source + 1;
  std::vector<int> upper;
  std::vector<long long> price;
  int supply = 0;
  const auto arc = [&](int from, int to, int cap, long long cost) {
    g.addArc(g.nodeFromId(from), g.nodeFromId(to));
    upper.push_back(cap);
    price.push_back(cost);
  };
  for (int k = 0; k < edges; ++k) arc(list[3 * k], experts + list[3 * k + 1], 1, -static_cast<long long>(list[3 * k + 2]));
  for (int i = 0; i < experts; ++i) {
    arc(source, i, capacity[i], 0);
    supply += capacity[i];
  }
  for (int j = 0; j < needs; ++j) arc(experts + j, sink, seats[j], 0);
  arc(source, sink, supply, 0);

  Graph::ArcMap<int> caps(g);
  Graph::ArcMap<long long> costs(g);
  for (std::size_t k = 0; k < upper.size(); ++k) {
    caps[g.arcFromId(static_cast<int>(k))] = upper[k];
    costs[g.arcFromId(static_cast<int>(k))] = price[k];
  }
  for (int r = 0; r < head[3]; ++r) {
    lemon::NetworkSimplex<Graph, int, long long> simplex(g);
    simplex.upperMap(caps).costMap(costs).stSupply(g.nodeFromId(source), g.nodeFromId(sink), supply);
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t ticks = std::clock();
    const auto result = simplex.run();
    const double cpu = static_cast<double>(std::clock() - ticks) / CLOCKS_PER_SEC;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (result != decltype(simplex)::OPTIMAL) {
      std::fputs("lemon-rounds: no optimum\n", stderr);
      return 1;
    }
    std::printf("%lld %.6f %.6f\n", -simplex.totalCost<long long>(), took.count(), cpu);
    std::fflush(stdout);
  }
}
