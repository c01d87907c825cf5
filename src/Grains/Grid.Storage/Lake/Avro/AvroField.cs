namespace Grid.Storage.Lake.Avro;

/// <summary>A field of a record.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="FieldId">Iceberg's <c>field-id</c>; some writers leave it out.</param>
internal sealed record AvroField(string Name, AvroType Type, int? FieldId);
