namespace Grid.Storage.Lake.Parquet;

/// <summary>A leaf column of a Parquet file.</summary>
/// <param name="FieldId">Its field id; null where the writer gave none.</param>
/// <param name="PhysicalType">The number of Parquet's <c>Type</c>.</param>
/// <param name="Repeated">Whether it lies in a list or map: its values are not one a row.</param>
internal readonly record struct ParquetLeaf(int? FieldId, int PhysicalType, bool Repeated)
{
    /// <summary>Parquet's INT32.</summary>
    public const int Int32 = 1;

    /// <summary>Parquet's INT64.</summary>
    public const int Int64 = 2;
}
