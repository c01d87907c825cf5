using Grid.Abstractions;

namespace Grid.Storage.Lake.Tiering;

/// <summary>One bucket's part of a round.</summary>
/// <param name="Bucket">The bucket's number.</param>
/// <param name="From">The first offset that is not in the lake.</param>
/// <param name="Table">The table; its newest schema is that of the files.</param>
/// <param name="Folder">The lake table's folder below its store's root.</param>
internal sealed record TierTask(int Bucket, LogOffset From, TableInfo Table, string Folder);
