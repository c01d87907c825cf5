using Grid.Abstractions;

namespace Grid.Bench.Harness;

/// <summary>Tables for benchmarks of the engine alone, without a catalog.</summary>
internal static class EngineTables
{
    private static int _lastId;

    public static TableInfo Info(CreateTable request) => new()
    {
        Path = request.Path,
        Id = new TableId(Interlocked.Increment(ref _lastId)),
        Schemas = [SchemaEvolution.Create(request)],
        Options = request.Options,
    };
}
