using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Arrow fields for the Parquet writer: those of <see cref="ArrowSchemas"/>, with the column's id under the name that Parquet's Arrow bridge turns into
/// the schema element's <c>field_id</c>, on every nested field too.
/// </summary>
internal static class LakeFields
{
    /// <summary>The field metadata key of Parquet's field id.</summary>
    public const string IdKey = "PARQUET:field_id";

    /// <summary>The Arrow schema of stored columns, see <see cref="LakeTypes"/>.</summary>
    public static Apache.Arrow.Schema Of(TableSchema stored) =>
        new(ArrowSchemas.ToArrow(stored).FieldsList.Select((field, i) => Of(field, stored.Columns[i].Type)), null);

    /// <summary>The field id of a field that was read from Parquet; null where it has none.</summary>
    public static ColumnId? IdOf(Field field) =>
        field.HasMetadata && field.Metadata.TryGetValue(IdKey, out var text)
            && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id)
            ? new ColumnId(id) : null;

    private static Field Of(Field field, DataType type)
    {
        // What a field carries beside its id (arrow.uuid) makes the logical type.
        var metadata = field.Metadata.Where(pair => pair.Key != ArrowSchemas.IdKey)
            .Append(new KeyValuePair<string, string>(IdKey, field.Metadata[ArrowSchemas.IdKey]));
        return new Field(field.Name, Of(field.DataType, type), field.IsNullable, metadata);
    }

    private static IArrowType Of(IArrowType arrow, DataType type) => arrow switch
    {
        ListType list => new ListType(Of(list.ValueField, type.Children[0].Type)),
        MapType map => new MapType(Of(map.KeyField, type.Children[0].Type), Of(map.ValueField, type.Children[1].Type)),
        StructType group => new StructType([.. group.Fields.Select((field, i) => Of(field, type.Children[i].Type))]),
        _ => arrow,
    };
}
