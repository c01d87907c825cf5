using System.Collections.Immutable;

namespace Grid.Storage.Lake.Parquet;

/// <summary>A row group.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Offset">Where its first page begins in the file.</param>
/// <param name="Chunks">Its column chunks, one for each leaf.</param>
internal sealed record ParquetRowGroup(long Rows, long Offset, ImmutableArray<ParquetChunk> Chunks);
