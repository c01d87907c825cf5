using Grid.Storage.Lake.Avro;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>The Avro schema of a manifest list: the spec's <c>manifest_file</c> of version 2 with its field ids.</summary>
internal static class ManifestListSchema
{
    public static AvroSchema Schema { get; } = ManifestSchema.Compact(
        """
        {"type":"record","name":"manifest_file","fields":[
          {"name":"manifest_path","type":"string","field-id":500},
          {"name":"manifest_length","type":"long","field-id":501},
          {"name":"partition_spec_id","type":"int","field-id":502},
          {"name":"content","type":"int","field-id":517},
          {"name":"sequence_number","type":"long","field-id":515},
          {"name":"min_sequence_number","type":"long","field-id":516},
          {"name":"added_snapshot_id","type":"long","field-id":503},
          {"name":"added_files_count","type":"int","field-id":504},
          {"name":"existing_files_count","type":"int","field-id":505},
          {"name":"deleted_files_count","type":"int","field-id":506},
          {"name":"added_rows_count","type":"long","field-id":512},
          {"name":"existing_rows_count","type":"long","field-id":513},
          {"name":"deleted_rows_count","type":"long","field-id":514},
          {"name":"partitions","default":null,"field-id":507,"type":["null",{"type":"array","element-id":508,"items":{"type":"record","name":"r508","fields":[
            {"name":"contains_null","type":"boolean","field-id":509},
            {"name":"contains_nan","type":["null","boolean"],"default":null,"field-id":518},
            {"name":"lower_bound","type":["null","bytes"],"default":null,"field-id":510},
            {"name":"upper_bound","type":["null","bytes"],"default":null,"field-id":511}]}}]},
          {"name":"key_metadata","type":["null","bytes"],"default":null,"field-id":519}
        ]}
        """);

    /// <summary>The type of <c>partitions</c>' items.</summary>
    public static AvroType Summary { get; } = Schema.Root.Fields[13].Type.Present.Children[0];
}
