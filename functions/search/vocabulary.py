"""The words that people type for types, colours and exclusions, in English and the ten other languages below.

Each language maps a meaning to its terms, separated by spaces. A meaning is one type or colour of the library or
several ("Sandal Sneaker Ankle-boot" is any of the three), or the part that a word plays in a phrase:

    and, or     join what stands beside them        filler      says nothing ("show me", "in")
    not         excludes the next term              shade       belongs to a colour ("dark", "light")
    without     excludes the next garment           word        known, but no type ("skirt"): looked for in titles
    but         ends what is excluded               denim       is blue, unless the phrase has another colour

In a term, an underscore stands between words that may also be written together or with a hyphen, and `~x` stands for
the endings that ENDINGS has for x in the same language ("-" is no ending): `rot~a` is rot, rote, roter and so on.
Accents don't matter, and neither does the case.
"""

from collections.abc import Mapping

SHOES = "Sandal Sneaker Ankle-boot"

ENDINGS: Mapping[str, Mapping[str, str]] = {
    "English": {"n": "- s", "b": "- es"},
    "German": {"a": "- e er es en em", "n": "- e en er n s"},
    "French": {"a": "- e s es", "n": "- s x"},
    "Spanish": {"a": "o a os as", "c": "- es", "n": "- s"},
    "Italian": {"a": "o a i e", "e": "e i"},
    "Portuguese": {"a": "o a os as", "n": "- s es"},
    "Dutch": {"a": "- e", "n": "- s en"},
    "Polish": {
        "a": "y i a e ie ego iego ej iej emu iemu ym im ymi imi ych ich",
        "f": "a i y e ę ą o ami ach om",
        "m": "- a u em iem owi ie y i e ów ami ach om",
    },
    "Romanian": {"f": "ă a e ei ele elor i", "m": "- ul uri ului i ii e ele"},
    "Russian": {
        "a": "ый ий ой ая ое ые ие ого ому ую ым им ом ыми ими ых их",
        "s": "ий яя ее ие его ей ему юю им ем ими их",
        "f": "а я ы и у ю е ой ею ою ам ами ах",
        "m": "- а у ом е ы и ов ам ами ах",
        "n": "о е а я у ю ом ем ам ям ами ями ах ях",
    },
    "Ukrainian": {
        "a": "ий а е і ого ої ому ій у им ою ими их",
        "f": "а я и і у ю ою ею ам ами ах",
        "m": "- а у ом ем і и ів ам ами ах",
    },
}

TERMS: Mapping[str, Mapping[str, str]] = {
    "English": {
        "T-shirt": "t-shirt~n tee~n tee_shirt~n teeshirt~n top~n tank~n tank_top~n tanktop~n crop_top~n "
        "croptop~n tube_top~n halter_top~n vest_top~n camisole~n cami~n singlet~n undershirt~n long_sleeve_tee~n "
        "graphic_tee_shirt~n t-shirt_top muscle_shirt~n",
        "Trouser": "trouser~n pant~n jean~n chino~n slacks legging~n jegging~n tregging~n jogger~n sweat_pant~n "
        "track_pant~n cargos cargo_pant~n corduroys corduroy_pant~n corduroy_trouser~n cord_pant~n culottes palazzo_pant~n jodhpurs dungarees overalls "
        "yoga_pant~n pyjama_pant~n pajama_pant~n dress_pant~n suit_pant~n dress_trouser~n suit_trouser~n khakis "
        "capris capri_pant~n bell_bottoms sweatpants jogging_bottoms tracksuit_bottoms breeches "
        "cargo_trouser~n pantaloons shirt_pant~n jean_pant~n",
        "Pullover": "pullover~n pull_over~n sweater~n sweat_shirt~n sweat~n hoodie~n hoody hoodies hooded_sweatshirt~n "
        "jumper~n cardigan~n cardi~n jersey~n knitwear fleece~n turtleneck~n turtle_neck~n polo_neck~n roll_neck~n "
        "crewneck~n crew_neck~n half_zip~n quarter_zip~n sweater_vest~n tank_sweater~n sweater_jacket~n",
        "Dress": "dress~b gown~n frock~n sun_dress~b mini_dress~b maxi_dress~b midi_dress~b ball_gown~n sheath_dress~b "
        "kaftan~n "
        "caftan~n sari~n saree~n house_dress~b knit_dress~b night_dress~b nightgown~n night_gown~n bodycon~n "
        "cocktail_dress~b evening_dress~b pinafore_dress~b",
        "Dress denim": "jean_dress~b jeans_dress~b",
        "Coat": "coat~n jacket~n parka~n blazer~n anorak~n overcoat~n over_coat~n trench~b trench_coat~n top_coat~n "
        "rain_coat~n rain_jacket~n raincoat~n windbreaker~n wind_breaker~n puffer~n puffer_jacket~n puffer_coat~n "
        "puffa_jacket~n bomber~n bomber_jacket~n pea_coat~n duffle_coat~n duffel_coat~n down_jacket~n "
        "down_coat~n biker_jacket~n suit_jacket~n suit_coat~n sport_coat~n sports_jacket~n dinner_jacket~n "
        "tuxedo_jacket~n dress_coat~n cagoule~n mac~n mackintosh~b outerwear shacket~n shirt_jacket~n sweater_coat~n "
        "fleece_jacket~n hooded_jacket~n hoodie_jacket~n bolero~n poncho~n jumper_coat~n coat_jacket~n jacket_coat~n "
        "letterman_jacket~n varsity_jacket~n over_shirt~n",
        "Coat denim": "jean_jacket~n jeans_jacket~n jean_coat~n",
        "Sandal": "sandal~n flip_flop~n flip-flop~n slide~n slider~n heel~n high_heel~n high-heel~n stiletto~n "
        "stilettoes pump~n wedge~n mule~n espadrille~n slipper~n birkenstock~n heeled_sandal~n high_heeled_shoe~n "
        "high_heel_shoe~n heeled_shoe~n kitten_heel~n strappy_heel~n slingback~n clog~n crocs jelly_shoe~n "
        "wedge_sandal~n sandal_heel~n platform_heel~n gladiator_sandal~n dress_sandal~n heel_sandal~n court_shoe~n "
        "peep_toe~n",
        "Shirt": "shirt~n blouse~n tunic~n dress_shirt~n polo~n polo_shirt~n button_up~n button_down_shirt~n "
        "button_up_shirt~n oxford_shirt~n work_shirt~n night_shirt~n nightshirt~n button_shirt~n shirt_blouse~n "
        "blouse_shirt~n pant_shirt~n",
        "Shirt denim": "jean_shirt~n jeans_shirt~n",
        "Sneaker": "sneaker~n trainer~n gym_shoe~n running_shoe~n run_shoe~n runner~n tennis_shoe~n sport_shoe~n "
        "sports_shoe~n athletic_shoe~n training_shoe~n basketball_shoe~n skate_shoe~n canvas_shoe~n plimsoll~n "
        "kicks high_top~n walking_shoe~n jogging_shoe~n sneaker_shoe~n trainer_shoe~n running_trainer~n wedge_sneaker~n slip_on~n "
        "running_sneaker~n tennis_sneaker~n",
        "Bag": "bag~n handbag~n hand_bag~n purse~n back_pack~n backpack~n bag_pack~n rucksack~n tote~n tote_bag~n "
        "clutch~b clutch_bag~n satchel~n shoulder_bag~n crossbody crossbody_bag~n cross_body_bag~n messenger_bag~n "
        "duffel~n duffel_bag~n duffle_bag~n holdall~n briefcase~n brief_case~n brief_bag~n school_bag~n "
        "schoolbag~n shopping_bag~n shopper~n bum_bag~n bumbag~n fanny_pack~n belt_bag~n bucket_bag~n hobo_bag~n "
        "pocketbook~n knapsack~n book_bag~n pouch~b travel_bag~n shoe_bag~n shirt_bag~n dress_bag~n boot_bag~n "
        "coat_bag~n garment_bag~n saddle_bag~n hat_bag~n laptop_bag~n rug_sack~n daypack~n evening_bag~n wristlet~n",
        "Ankle-boot": "ankle-boot~n boot~n bootie~n ankle_bootie~n chelsea_boot~n combat_boot~n "
        "rain_boot~n wellington~n wellington_boot~n welly wellies gumboot~n gum_boot~n cowboy_boot~n desert_boot~n "
        "chukka~n chukka_boot~n riding_boot~n ugg~n ugg_boot~n snow_boot~n winter_boot~n dress_boot~n heel_boot~n wedge_boot~n "
        "heeled_boot~n boot_heel~n high_heel_boot~n high_heeled_boot~n sock_boot~n sneaker_boot~n shoe_boot~n "
        "boot_shoe~n knee_high_boot~n chelsea_ankle_boot~n",
        SHOES: "shoe~n footwear dress_shoe~n loafer~n oxford_shoe~n brogue~n moccasin~n derby_shoe~n ballet_flat~n oxfords "
        "ballet_shoe~n ballet_pump~n ballerina_flat~n flat_shoe~n boat_shoe~n suit_shoe~n "
        "deck_shoe~n mary_janes footware",
        "black": "black~n blackish jet_black coal_black ebony",
        "white": "white~n whitish off_white cream~n creamy cream_white ivory snow_white eggshell ecru",
        "grey": "grey~n gray~n greyish grayish silver silvery charcoal charcoal_grey charcoal_gray anthracite "
        "slate_grey slate_gray graphite ash_grey ash_gray silver_grey silver_gray gunmetal",
        "red": "red~n reddish maroon burgundy bordeaux crimson scarlet wine wine_red cherry_red ruby_red brick_red "
        "blood_red fire_red oxblood vermilion",
        "orange": "orange~n orangish coral tangerine apricot peach burnt_orange terracotta rust_orange",
        "yellow": "yellow~n yellowish mustard mustard_yellow gold golden lemon lemon_yellow canary_yellow saffron",
        "green": "green~n greenish olive olive_green mint mint_green sage sage_green emerald emerald_green lime "
        "lime_green forest_green bottle_green moss_green army_green sea_green pistachio neon_green",
        "blue": "blue~n bluish blueish navy navy_blue royal_blue sky_blue baby_blue light_blue ice_blue "
        "powder_blue cobalt cobalt_blue teal teal_blue turquoise aqua cyan azure indigo midnight_blue electric_blue "
        "steel_blue sapphire petrol aquamarine denim_blue cornflower cerulean",
        "denim": "denim~n",
        "purple": "purple~n purplish violet lilac lavender mauve plum aubergine eggplant amethyst",
        "pink": "pink~n pinkish hot_pink rose_gold rose_pink salmon salmon_pink fuchsia fuschia magenta blush blush_pink "
        "dusty_pink baby_pink bubblegum_pink dusty_rose neon_pink raspberry cerise",
        "brown": "brown~n brownish beige tan tan_brown camel taupe khaki chocolate chocolate_brown caramel cognac "
        "rust rusty chestnut bronze nude sand coffee_brown dark_brown mocha copper walnut_brown sandy fawn",
        "shade": "light dark bright pale deep pastel neon medium dusty faded vivid soft royal baby sky forest hot "
        "burnt electric midnight powder lighter darker washed",
        "and": "and with & + plus n over under paired_with matching both along_with together_with",
        "or": "or nor of versus vs either",
        "not": "not non isn't aren't  don't_want",
        "without": "without no except excepting excluding exclude minus but_no but_not any_but anything_but "
        "everything_but all_but anything_except everything_except all_except other_than apart_from except_for "
        "besides aside_from but_without rather_than instead_of no_more ",
        "but": "but only nothing_but however",
        "filler": "a an the in on for from by at to as is are was be it its this that these those there here my me "
        "your our his her their we you us im i'm show find get give search searching look looking want wanted need "
        "see seek have has had any some all every everything anything something one ones which what where who how "
        "about please photo photos picture pictures pic pics image images photograph photographs item items piece "
        "pieces pair pairs color colors colour colours coloured colored colour's clothes clothing cloth cloths "
        "clothings garment garments apparel outfit outfits wear wearing worn attire fashion can could would will do "
        "does like hello hi thanks thank kind sort type types style styled also just very really so mostly maybe "
        "that's i'd let's them they if then  eg etc stuff things thing hey ok d'you",
        "word": "skirt~n mini_skirt~n miniskirt~n maxi_skirt~n midi_skirt~n pencil_skirt~n skort~n short~n hot_pants "
        "bermuda~n bermuda_shorts hat~n cap~n beanie~n sock~n belt~n watch~b wristwatch scarf scarfs scarves "
        "glove~n mitten~n sunglasses glasses eyewear tie~n necktie~n bow_tie~n bowtie~n jewelry jewellery necklace~n "
        "bracelet~n ring~n earring~n wallet~n card_holder~n umbrella~n suit~n tuxedo~n tracksuit~n track_suit~n "
        "jumpsuit~n jump_suit~n playsuit~n play_suit~n romper~n bodysuit~n body_suit~n onesie~n swimsuit~n "
        "swim_suit~n bikini~n swimwear trunks swim_shorts boxers boxer_shorts boxer underwear underpants panties "
        "bra~n bras lingerie tights pantyhose stocking~n pyjamas pajamas pyjama~n pajama~n bathrobe~n bath_robe~n "
        "dressing_gown~n vest~n waistcoat~n waist_coat~n gilet~n petticoat~n headdress~b suitcase~n suit_case~n "
        "luggage shawl~n stole~n apron~n uniform~n costume~n handkerchief~n headband~n hairband~n crown~n brooch~b "
        "button~n zipper~n pocket~n sleeve~n collar~n shoelace~n lace~n sole~n plus_size shirtless dressing "
        "board_shorts cargo_shorts jean_shorts denim_shorts running_shorts sweat_shorts culotte_skirt "
        "shoe_box shoebox coat_hanger coat_rack jean_skirt denim_skirt white_board black_board dress_code "
        "t-shirt_print sleeveless coated booted shirting bagged skinny corduroy cargo golf tennis basket leather "
        "cotton wool linen silk striped stripes floral flowers summer winter spring autumn evening mini maxi midi long "
        "small large big wedding party casual formal vintage knitted women men woman man girls boys kids baby ladies",
    },
    "German": {
        "T-shirt": "t-shirt~n shirts oberteil~n trägertop~n tanktop~n unterhemd~n",
        "Trouser": "hose~n beinkleid~n jeanshose~n leggins jogginghose~n stoffhose~n latzhose~n",
        "Pullover": "pullover~n pulli~n sweater hoodie strickjacke~n strickpullover~n kapuzenpullover~n kapuzenpulli~n "
        "kapuzenjacke~n strickweste~n fleecejacke~n rollkragenpullover~n rolli~n sweatjacke~n strickpulli~n "
        "kapuzensweatshirt~n wollpullover~n",
        "Dress": "kleid~n kleidern kleidchen abendkleid~n dirndl~n",
        "Dress denim": "jeanskleid~n",
        "Coat": "mantel~n mäntel~n jacke~n jäckchen jackett~n sakko~n anorak~n wintermantel~n regenmantel~n "
        "windjacke~n daunenjacke~n steppjacke~n lederjacke~n blouson~n lodenmantel~n",
        "Coat denim": "jeansjacke~n",
        "Sandal": "sandale~n sandalette~n flipflop~n badelatsche~n badeschlappen hausschuh~n absatzschuh~n "
        "stöckelschuh~n pantolette~n highheels zehentrenner latschen pantoffel~n schlappen badeschuh~n",
        "Shirt": "hemd~n bluse~n oberhemd~n poloshirt~n polohemd~n tunika",
        "Shirt denim": "jeanshemd~n jeansbluse~n",
        "Sneaker": "turnschuh~n sportschuh~n laufschuh~n tennisschuh~n joggingschuh~n freizeitschuh~n",
        "Bag": "tasche~n handtasche~n rucksack rucksäcke~n rucksacks umhängetasche~n beutel~n geldbeutel~n "
        "schultasche~n reisetasche~n schulranzen aktentasche~n turnbeutel~n sporttasche~n tragetasche~n",
        "Ankle-boot": "stiefel~n stiefelette~n gummistiefel~n winterstiefel~n boots wanderstiefel~n",
        SHOES: "schuh~n schuhwerk halbschuh~n lederschuh~n ballerina ballerinas",
        "black": "schwarz~a",
        "white": "weiß~a cremefarben~a creme cremeweiß~a elfenbein wollweiß~a naturweiß~a offwhite",
        "grey": "grau~a silber silbern~a anthrazit silbergrau~a dunkelgrau~a hellgrau~a",
        "red": "rot~a dunkelrot~a hellrot~a weinrot~a bordeauxrot~a bordeaux feuerrot~a kirschrot~a rubinrot~a "
        "blutrot~a knallrot~a burgunder burgunderrot~a ziegelrot~a rötlich~a",
        "orange": "orange~n orangefarben~a orangen~a korallenrot~a aprikose pfirsich apricot koralle",
        "yellow": "gelb~a senfgelb~a zitronengelb~a golden~a gold goldfarben~a senffarben~a goldgelb~a gelblich~a",
        "green": "grün~a hellgrün~a dunkelgrün~a olivgrün~a oliv mintgrün~a smaragdgrün~a grünlich~a",
        "blue": "blau~a dunkelblau~a hellblau~a himmelblau~a marineblau~a königsblau~a türkis~a türkisblau~a marine "
        "nachtblau~a jeansblau~a babyblau~a petrolblau~a bläulich~a",
        "purple": "lila violett~a lilafarben~a lavendel flieder fliederfarben~a purpur purpurn~a pflaume",
        "pink": "rosa pink~a rosafarben~a rosarot~a altrosa hellrosa pinkfarben~a lachs lachsfarben~a rosé magenta",
        "brown": "braun~a dunkelbraun~a hellbraun~a beige~a beigefarben~a sandfarben~a kamel camel khaki bräunlich~a "
        "schokobraun~a schokoladenbraun~a cognac",
        "shade": "hell~a dunkel~a dunkl~a kräftig~a knallig~a zart~a blass~a",
        "and": "und mit sowie samt",
        "or": "oder",
        "not": "nicht",
        "without": "ohne kein keine keinen keiner keines keinem außer ausser ausgenommen bis_auf alles_außer",
        "but": "aber nur sondern",
        "filler": "der die das den dem des ein eine einen einer eines einem ich suche suchen möchte will zeige zeig mir "
        "alle alles im in für von zu bitte bild bilder foto fotos farbe farben farbig farbe: kleidung klamotten "
        "bekleidung kleidungsstück kleidungsstücke paar meine mein meinen auf aus am finde nach gibt es ist sind "
        "was wie brauche haben hätte gerne farbenen",
        "word": "rock röcke minirock faltenrock jeansrock shorts hut hüte mütze mützen socke socken gürtel uhr "
        "armbanduhr schal schals handschuh handschuhe sonnenbrille brille krawatte krawatten anzug anzüge strumpfhose "
        "strumpfhosen badehose badehosen unterhose unterhosen unterwäsche weste westen badeanzug schlafanzug halstuch "
        "koffer geldbörse kette ring handschuhen kurze_hose kurze_hosen hosenanzug bademantel bademäntel hosenträger "
        "taschentuch taschentücher taschenuhr taschenlampe kostüm ärmel ohrringe schmuck hosenrock schuhkarton",
    },
    "French": {
        "T-shirt": "t-shirt~n tee-shirt~n maillot~n débardeur~n haut~n",
        "Trouser": "pantalon~n jean~n jeans legging~n jogging~n chino~n salopette~n pantalon_de_jogging",
        "Pullover": "pull~n pullover~n pull-over~n chandail~n gilet~n sweat~n sweat_à_capuche sweats_à_capuche "
        "sweatshirt~n tricot~n cardigan~n polaire~n col_roulé pull_à_capuche gilet_en_laine lainage",
        "Dress": "robe~n robe_de_soirée ",
        "Dress denim": "robe_en_jean",
        "Coat": "manteau~n veste~n blouson~n doudoune~n imperméable~n blazer~n trench~n parka~n caban~n anorak~n "
        "coupe-vent pardessus veston~n k-way",
        "Sandal": "sandale~n sandalette~n tong~n claquette~n escarpin~n talon~n talons_hauts chausson~n pantoufle~n "
        "espadrille~n mule~n nu-pieds chaussures_à_talon chaussures_à_talons sabot~n",
        "Shirt": "chemise~n chemisier~n chemisette~n blouse~n tunique~n liquette~n polo~n",
        "Shirt denim": "chemise_en_jean",
        "Sneaker": "baskets chaussure_de_sport chaussures_de_sport chaussures_de_course "
        "chaussure_de_course chaussures_de_tennis chaussures_de_running chaussures_de_basket sneakers",
        "Bag": "sac~n sac_à_main sacs_à_main sac_à_dos sacs_à_dos sacoche~n pochette~n cartable~n besace~n "
        "porte-monnaie cabas sac_bandoulière sac_de_voyage sac_de_sport sacoches",
        "Ankle-boot": "botte~n bottine~n boots bottillon~n botte_de_pluie bottes_de_pluie",
        SHOES: "chaussure~n soulier~n godasse~n mocassin~n ballerine~n chaussures_de_ville",
        "black": "noir~a noirâtre",
        "white": "blanc~n blanche~n crème écru~a ivoire blanc_cassé blancs blanchâtre",
        "grey": "gris~a argent argenté~a anthracite gris_anthracite",
        "red": "rouge~n bordeaux rouge_bordeaux lie-de-vin pourpre rougeâtre vermeil",
        "orange": "orange~n orangé~a corail abricot pêche saumoné",
        "yellow": "jaune~n moutarde jaune_moutarde doré~a or jaunâtre",
        "green": "vert~a vert_olive vert_d'eau kaki vert_kaki émeraude menthe vert_menthe verdâtre",
        "blue": "bleu~a bleu_marine bleu_ciel bleu_roi bleu_nuit bleu_clair bleu_foncé bleue_marine marine turquoise "
        "bleu_canard azur bleu_jean bleuâtre cyan",
        "denim": "en_jean en_denim",
        "purple": "violet~n violette~n lilas mauve~n prune aubergine lavande",
        "pink": "rose~n rose_fuchsia fuchsia vieux_rose saumon",
        "brown": "marron~n brun~a beige~n camel chocolat taupe châtain sable noisette",
        "shade": "clair~a foncé~a pâle~n vif vive ciel roi",
        "and": "et avec ainsi_que",
        "or": "ou",
        "not": "pas ne",
        "without": "sans sauf pas_de pas_d' excepté aucun aucune hormis tout_sauf",
        "but": "mais",
        "filler": "le la les un une des du de d' l' je j' cherche veux voudrais montre montrez moi mes mon ma tous tout "
        "toutes dans pour sur à au aux couleur couleurs vêtement vêtements habit habits photo photos image images "
        "svp paire qui que quel quelle est c'est il_y_a trouve paires",
        "word": "jupe~n short~n mini-jupe~n minijupe~n chapeau~n casquette~n bonnet~n chaussette~n ceinture~n montre_bracelet "
        "écharpe~n foulard~n gant~n lunettes lunettes_de_soleil cravate~n costume~n collant~n maillot_de_bain "
        "sous-vêtement~n pyjama~n bijou~n collier~n valise~n combinaison~n parapluie~n peignoir~n portefeuille~n "
        "manches manche bague~n tailleur~n jupe-culotte",
    },
    "Spanish": {
        "T-shirt": "camiseta~n playera~n remera~n polera~n franela~n franelilla camiseta_sin_mangas",
        "Trouser": "pantalón pantalon~c vaquero~n pantalones_vaqueros pantalon_vaquero tejano~n mallas legging~n leggins "
        "jeans pitillos bombachos chándal pantalones_de_chándal",
        "Pullover": "jersey~c jerseis suéter~c sudadera~n cárdigan chaleco_de_punto pulóver chompa~n buzo~n rebeca~n "
        "jersey_de_punto sudadera_con_capucha",
        "Dress": "vestido~n vestidito",
        "Dress denim": "vestido_vaquero",
        "Coat": "abrigo~n chaqueta~n cazadora~n gabardina~n chamarra~n americana~n chaquetón impermeable~n campera~n "
        "saco~n anorak plumífero~n plumas gabán parka cortavientos",
        "Coat denim": "chaqueta_vaquera cazadora_vaquera chaqueta_de_mezclilla",
        "Sandal": "sandalia~n chancla~n chancleta~n tacón tacon~c ojota~n zapatos_de_tacón zapatos_de_tacon alpargata~n "
        "pantufla~n zapato_de_tacón chanclas zapatos_de_tacones",
        "Shirt": "camisa~n blusa~n camisero polo~n camisola~n",
        "Shirt denim": "camisa_vaquera",
        "Sneaker": "zapatilla~n deportivas tenis zapatillas_deportivas zapatillas_de_deporte zapatos_deportivos "
        "zapatillas_de_correr bambas championes",
        "Bag": "bolso~n bolsa~n mochila~n cartera~n bandolera~n monedero~n bolso_de_mano riñonera~n maletín morral",
        "Ankle-boot": "bota~n botín botin~c botas_de_agua botas_de_lluvia botita~n",
        SHOES: "zapato~n calzado~n mocasín mocasin~c bailarinas",
        "black": "negr~a",
        "white": "blanc~a crema marfil crudo blanco_roto hueso",
        "grey": "gris~c platead~a plata gris_marengo antracita",
        "red": "roj~a granate~n burdeos borgoña carmesí escarlata vino_tinto rojiz~a",
        "orange": "naranja~n anaranjad~a coral melocotón",
        "yellow": "amarill~a mostaza dorad~a oro",
        "green": "verde~n verde_oliva oliva esmeralda menta verde_menta verdos~a",
        "blue": "azul~c azul_marino marino turquesa~n celeste~n azul_celeste azul_cielo azulad~a azul_claro "
        "azul_oscuro añil",
        "denim": "mezclilla de_mezclilla",
        "purple": "morad~a violeta~n lila~n púrpura malva lavanda",
        "pink": "rosa~n rosad~a fucsia~n salmón",
        "brown": "marrón marron~c café castañ~a beige~n beis pard~a caqui camel chocolate canela arena",
        "shade": "clar~a oscur~a pálid~a fuerte cielo",
        "and": "y e con",
        "or": "o u",
        "without": "sin excepto menos salvo ningún ninguna ninguno todo_menos todo_excepto",
        "but": "pero",
        "filler": "el la los las un una unos unas de del al para por busco quiero muéstrame mostrar ver mi mis color "
        "colores ropa prenda prendas foto fotos imagen imágenes todo todos todas me favor por_favor par buscar que "
        "necesito muestra",
        "word": "falda~n minifalda~n pantalones_cortos pantalón_corto sombrero~n gorra~n gorro~n calcetín calcetines "
        "cinturón cinturones reloj relojes bufanda~n guante~n gafas gafas_de_sol corbata~n traje~n medias pañuelo~n "
        "bañador traje_de_baño bikini pijama~n chaleco~n maleta~n joyas collar mangas manga billetera~n bermudas",
    },
    "Italian": {
        "T-shirt": "magliett~a canotta canotte canottiera canottiere",
        "Trouser": "pantalone pantaloni jeans leggings calzoni pantacollant braghe pantaloni_della_tuta",
        "Pullover": "maglione maglioni maglia maglie felpa felpe golf cardigan pullover dolcevita maglioncino maglioncini "
        "felpa_con_cappuccio maglia_di_lana golfino",
        "Dress": "vestito vestiti abito abiti vestitino vestitini vestiti_lunghi abitino",
        "Coat": "cappotto cappotti giacca giacche giaccone giacconi giubbotto giubbotti giubbino giubbini piumino piumini "
        "impermeabil~e soprabito trench giacchetta giacca_a_vento cappottino",
        "Coat denim": "giacca_di_jeans giubbotto_di_jeans giacca_jeans giubbino_di_jeans",
        "Sandal": "sandalo sandali infradito ciabatta ciabatte tacco tacchi tacchi_alti pantofola pantofole zoccoli "
        "scarpe_col_tacco scarpe_con_tacco scarpe_con_il_tacco",
        "Shirt": "camicia camicie camicetta camicette blusa bluse tunica polo",
        "Shirt denim": "camicia_di_jeans",
        "Sneaker": "scarpe_da_ginnastica scarpa_da_ginnastica scarpe_sportive scarpe_da_corsa scarpe_da_tennis "
        "sneakers scarpe_ginnastica",
        "Bag": "borsa borse borsetta borsette zaino zaini zainetto tracolla borsone borsello pochette borsellino "
        "borsa_a_mano",
        "Ankle-boot": "stivale stivali stivaletto stivaletti anfibi scarponi scarponcini stivali_di_gomma tronchetti",
        SHOES: "scarpa scarpe calzatura calzature mocassini ballerine decolleté",
        "black": "ner~a",
        "white": "bianco bianca bianchi bianche panna avorio crema",
        "grey": "grigio grigia grigi grigie argento argentat~a antracite",
        "red": "ross~a bordeaux bordò cremisi scarlatto granata",
        "orange": "arancione arancioni arancio corallo albicocca pesca",
        "yellow": "giallo gialla gialli gialle senape oro dorat~a",
        "green": "verd~e oliva verde_oliva smeraldo verde_acqua menta",
        "blue": "blu azzurr~a celest~e turchese blu_navy blu_scuro blu_marino",
        "purple": "viola lilla porpora lavanda",
        "pink": "rosa fucsia salmone cipria",
        "brown": "marrone marroni beige cammello cachi cioccolato nocciola sabbia tortora",
        "shade": "chiar~a scur~a acceso",
        "and": "e ed con",
        "or": "o oppure",
        "not": "non",
        "without": "senza tranne eccetto esclus~a nessun nessuna tutto_tranne meno",
        "but": "ma",
        "filler": "il lo la i gli le un uno una di del della dei delle da in per su cerco voglio mostra mostrami mio mia miei "
        "mie colore colori foto immagini tutti tutte abbigliamento indumenti capi un' paio dell dello con_il vorrei",
        "word": "gonna gonne minigonna pantaloncini pantaloncino cappello cappelli berretto calzino calzini calze cintura "
        "cinture orologio orologi sciarpa sciarpe guanto guanti occhiali occhiali_da_sole cravatta cravatte tuta "
        "costume collant pigiama gilet valigia collana portafoglio foulard maniche manica completo",
    },
    "Portuguese": {
        "T-shirt": "camiseta~n t-shirt~n regata~n camisola_interior",
        "Trouser": "calça~n calças_jeans calça_jeans legging~n calças_de_ganga",
        "Pullover": "suéter~n camisola~n moletom moletons malha~n blusa_de_frio casaco_de_malha pulôver",
        "Dress": "vestido~n",
        "Coat": "casaco~n jaqueta~n blusão sobretudo~n gabardine blazer paletó",
        "Coat denim": "jaqueta_jeans casaco_de_ganga",
        "Sandal": "sandália~n chinelo~n salto~n salto_alto saltos_altos havaianas rasteirinha",
        "Shirt": "camisa~n blusa~n",
        "Sneaker": "tênis sapatilha~n sapatos_desportivos ténis",
        "Bag": "bolsa~n mochila~n mala_de_mão carteira~n",
        "Ankle-boot": "bota~n botina~n botim botins",
        SHOES: "sapato~n calçado~n",
        "black": "pret~a negr~a",
        "white": "branc~a creme",
        "grey": "cinza~n cinzent~a prateado prata",
        "red": "vermelh~a bordô vinho encarnad~a",
        "orange": "laranja~n",
        "yellow": "amarel~a dourad~a",
        "green": "verde~n",
        "blue": "azul azuis azul_marinho azul_claro azul_escuro",
        "purple": "rox~a lilás",
        "pink": "rosa~n cor-de-rosa",
        "brown": "marrom marrons castanh~a bege",
        "shade": "escur~a marinho",
        "and": "com",
        "or": "ou",
        "not": "não",
        "without": "sem exceto nenhum nenhuma tudo_menos",
        "but": "mas",
        "filler": "o os um uma uns umas do da dos das no na em cor cores roupa roupas minha minhas meu meus procuro quero",
        "word": "saia~n calção calções chapéu meia~n cinto relógio luvas óculos cachecol gravata~n biquíni pijama",
    },
    "Dutch": {
        "T-shirt": "t-shirt~n topje~n hemdje~n shirtje~n",
        "Trouser": "broek~n spijkerbroek~n joggingbroek~n trainingsbroek~n pantalon~n legging~n jeansbroek~n",
        "Pullover": "trui~n truien hoodie sweater vesten sweatvest coltrui~n capuchontrui~n gebreide_trui vestje",
        "Dress": "jurk~n jurkje~n kleedje~n japon avondjurk zomerjurk",
        "Dress denim": "spijkerjurk",
        "Coat": "jas jassen jasje~n jack~n mantel~n colbert~n winterjas winterjassen regenjas regenjassen zomerjas "
        "zomerjassen leren_jas bodywarmer donsjas windjack regenjack",
        "Coat denim": "spijkerjas spijkerjack~n jeansjas jeansjack",
        "Sandal": "sandaal sandalen slipper~n teenslipper~n hak~n hakken pump~n pantoffel~n hoge_hakken badslipper~n "
        "muiltjes hakschoenen",
        "Shirt": "overhemd~n blouse~n bloes bloesje bloezen polo~n poloshirt~n hemd hemden tuniek",
        "Shirt denim": "spijkerblouse spijkeroverhemd",
        "Sneaker": "sportschoen~n gymschoen~n loopschoen~n hardloopschoen~n sneaker~n gympen gympies tennisschoen~n",
        "Bag": "tas tassen tasje~n handtas handtassen rugzak rugzakken schoudertas schoudertassen rugtas rugtassen "
        "boekentas portemonnee~n sporttas reistas boodschappentas handtasje clutch",
        "Ankle-boot": "laars laarzen enkellaars enkellaarzen laarsje~n enkellaarsje~n regenlaarzen regenlaars",
        SHOES: "schoen~n schoeisel schoentje~n",
        "black": "zwart~a",
        "white": "wit witte crème crèmekleurig~a gebroken_wit ivoor",
        "grey": "grijs grijze zilver zilveren antraciet donkergrijs donkergrijze lichtgrijs lichtgrijze",
        "red": "rood rode donkerrood donkerrode wijnrood wijnrode bordeauxrood lichtrood knalrood bordeauxrode",
        "orange": "oranje koraal perzik",
        "yellow": "geel gele goud gouden mosterdgeel okergeel lichtgeel lichtgele",
        "green": "groen~a donkergroen~a lichtgroen~a olijfgroen~a mintgroen~a legergroen~a",
        "blue": "blauw~a donkerblauw~a lichtblauw~a marineblauw~a hemelsblauw~a turkoois turquoise turkooizen "
        "kobaltblauw~a jeansblauw",
        "purple": "paars paarse lila violet lavendel lichtpaars donkerpaars",
        "pink": "roze lichtroze fuchsia zalmroze oudroze felroze zalm",
        "brown": "bruin~a beige donkerbruin~a lichtbruin~a kaki camel zandkleurig~a",
        "shade": "licht~a donker~a fel felle",
        "and": "en met",
        "or": "of",
        "not": "niet",
        "without": "zonder geen behalve uitgezonderd alles_behalve",
        "but": "maar",
        "filler": "de het een van voor op bij ik zoek zoeken wil toon laat zien mijn kleur kleuren gekleurde kleding kleren "
        "kledingstuk foto foto's afbeelding alle alles uit te paar graag",
        "word": "rok rokje rokken korte_broek korte_broeken hoed muts mutsen pet sok sokken riem horloge sjaal handschoen "
        "handschoenen zonnebril das stropdas pak badpak pyjama onderbroek zwembroek panty mouwen mouw badjas ketting "
        "portefeuille maillot",
    },
    "Polish": {
        "T-shirt": "koszulk~f koszulek podkoszulek podkoszulki bluzka_na_ramiączkach top~m t-shirt~m",
        "Trouser": "spodnie spodni spodniami spodniach dżinsy dżinsów dżinsach dżinsami jeansy jeansów legginsy legginsów "
        "leginsy getry dresy rurki bojówki",
        "Pullover": "sweter swetr~m sweterek sweterk~m bluz~f pulower~m kardigan~m golf~m bluza_z_kapturem bluzy_z_kapturem",
        "Dress": "sukienk~f sukienek suknia suknie sukni suknię suknią sukien",
        "Coat": "kurtk~f kurtek płaszcz~m płaszczyk marynark~f marynarek żakiet~m kurteczka płaszczem prochowiec "
        "palto katana ramoneska puchówka",
        "Coat denim": "kurtka_jeansowa kurtka_dżinsowa",
        "Sandal": "sandał~m klapk~f klapek klapki japonk~f japonek szpilk~f szpilek obcas~m pantofl~f kapcie sandałki "
        "buty_na_obcasie czółenka",
        "Shirt": "koszul~f koszulą koszule bluzk~f bluzek bluzeczka tunika",
        "Sneaker": "trampk~f trampki trampek buty_sportowe butów_sportowych tenisówk~f tenisówek buty_do_biegania "
        "adidasów trampków adidasy",
        "Bag": "torb~f toreb torebk~f torebek plecak~m plecaki torebeczka kopertówk~f kopertówek portmonetk~f "
        "listonoszka nerka worek saszetka",
        "Ankle-boot": "botk~f botek botki kozak~m kozaki kozaków kalosze kaloszy trzewiki sztyblety śniegowce glany",
        SHOES: "but~m butów obuwie obuwia pantofle półbuty mokasyny baleriny",
        "black": "czarn~a",
        "white": "biał~a bieli biel kremow~a kość_słoniowa",
        "grey": "szar~a srebrn~a grafitow~a popielat~a siw~a",
        "red": "czerwon~a bordow~a bordo burgundow~a karminow~a",
        "orange": "pomarańczow~a koralow~a brzoskwiniow~a morelow~a",
        "yellow": "żółt~a złot~a musztardow~a miodow~a",
        "green": "zielon~a oliwkow~a miętow~a szmaragdow~a butelkowa_zieleń khaki",
        "denim": "dżinsow~a jeansow~a",
        "blue": "niebiesk~a granatow~a błękitn~a turkusow~a granat jasnoniebiesk~a ciemnoniebiesk~a morsk~a chabrow~a",
        "purple": "fioletow~a liliow~a lawendow~a purpurow~a śliwkow~a wrzosow~a",
        "pink": "różow~a łososiow~a fuksja malinow~a",
        "brown": "brązow~a beżow~a karmelow~a camelow~a czekoladow~a",
        "shade": "jasn~a ciemn~a jasno ciemno",
        "and": "i z oraz ze",
        "or": "lub albo czy",
        "not": "nie",
        "without": "bez oprócz poza z_wyjątkiem żadnych wszystko_oprócz prócz",
        "but": "ale tylko",
        "filler": "w na do dla szukam chcę pokaż mi moje moja mój kolor koloru kolorze ubranie ubrania ubrań odzież zdjęcie "
        "zdjęcia zdjęć obraz wszystkie wszystko para od po proszę jest są",
        "word": "spódnic~f spódniczk~f spodenki spodenek szorty szortów czapk~f czapek kapelusz~m skarpet~f skarpetk~f "
        "skarpetek pasek paski zegarek zegarki szalik~m rękawiczk~f rękawiczek okulary krawat~m garnitur~m rajstopy "
        "piżam~f kamizelk~f kombinezon~m strój_kąpielowy walizk~f rękaw~m rękawów portfel~m apaszka",
    },
    "Romanian": {
        "T-shirt": "tricou tricoul tricouri maiou maiouri tricourile top topuri maieu",
        "Trouser": "pantaloni pantalon pantalonii blugi blugii jeanși jeansi colanți colantii pantaloni_de_trening "
        "pantalonilor blugilor salopetă",
        "Pullover": "pulover~m pulovăr hanorac~m jersee jerseu bluză_de_trening cardigan~m helancă flanel hanorace "
        "puloverele",
        "Dress": "rochi~f rochie rochia rochii rochiile rochiță",
        "Coat": "geac~f geacă geci haină hainele palton~m paltoane jachet~f jachete sacou sacouri pardesiu pardesie "
        "canadiană fâș trenci scurtă_de_iarnă mantou",
        "Coat denim": "geacă_de_blugi jachetă_de_blugi geaca_de_blugi",
        "Sandal": "sandal~f sandale sandalele șlapi papuci papuc tocuri toc pantofi_cu_toc saboți șlap",
        "Shirt": "cămaș~f cămașă cămăși cămășile cămășilor bluz~f bluză bluze",
        "Sneaker": "adidași adidasii teniși teniș pantofi_sport pantofi_de_sport tenișii încălțăminte_sport",
        "Bag": "geant~f geantă genți gențile rucsac~m rucsacuri ghiozdan~m poșet~f poșetă poșete portofel_damă sacoș~f "
        "sacoșă borsetă",
        "Ankle-boot": "ghete gheată ghetele botine botină cizm~f cizmă cizme bocanc~m bocanci bocancii",
        SHOES: "pantof~m pantofi pantofii încălțăminte încălțămintea mocasini balerini",
        "black": "negru neagră negri negre neagra",
        "white": "alb albă albi albe crem ivoire fildeș",
        "grey": "gri cenușiu cenușie argintiu argintie argintii",
        "red": "roșu roșie roșii rosu rosie vișiniu vișinie grena bordo",
        "orange": "portocaliu portocalie portocalii corai",
        "yellow": "galben galbenă galbeni galbene auriu aurie aurii muștar",
        "green": "verde verzi oliv smarald",
        "blue": "albastru albastră albaștri albastre bleumarin bleu turcoaz azuriu albastra",
        "purple": "mov violet violetă lila lavandă",
        "pink": "roz fucsia somon",
        "brown": "maro maron bej căprui kaki ciocolatiu",
        "shade": "închis~f închis închiși deschis deschisă deschiși deschise închise",
        "and": "și cu",
        "or": "sau ori",
        "not": "nu",
        "without": "fără exceptând în_afară_de niciun nicio",
        "but": "dar însă doar",
        "filler": "un o pe de din la pentru caut vreau arată mi mele meu mea culoare culoarea culori haine îmbrăcăminte "
        "articole poză poze imagini toate tot în niște cel cea cei ale",
        "word": "fust~f fustă fuste fustiță pantaloni_scurți șort șorturi pălărie căciulă șapcă șosetă șosete curea ceas "
        "eșarfă fular mănuși ochelari ochelari_de_soare cravată costum pijama vestă dresuri valiză portofel mâneci",
    },
    "Russian": {
        "T-shirt": "футболк~f футболок майк~f маек майка топ~m топик тишотка поло_футболка",
        "Trouser": "брюки брюк брюками брюкам брюках джинс~m джинсы джинсов джинсах джинсами штаны штанов штанах штанами "
        "леггинсы лосины легинсы шаровары чиносы треники спортивные_штаны брючки джоггеры слаксы",
        "Pullover": "свитер~m свитера пуловер~m кофт~f кофт джемпер~m толстовк~f толстовок худи кардиган~m водолазк~f "
        "водолазок свитшот~m джемпера кофточк~f олимпийка бадлон",
        "Dress": "плать~n платье платья платьев платьем сарафан~m платьице",
        "Coat": "пальто куртк~f курток пиджак~m плащ~m плаща жакет~m парка парки парку пуховик~m ветровк~f ветровок шуб~f шуб дублёнк~f "
        "тренч~m косух~f бомбер~m блейзер~m анорак~m курточк~f дождевик~m плащи плащей шинель",
        "Coat denim": "джинсовая_куртка джинсовую_куртку джинсовка джинсовки джинсовку",
        "Sandal": "сандали сандалии сандалий босоножк~f босоножек шлёпанцы шлёпанцев шлёпки шлепки вьетнамки туфли_на_каблуке "
        "туфли_на_каблуках шпильки каблуки каблук сланцы тапки тапочки тапок тапочек шлепанцы босоножки "
        "лодочки сандалиями",
        "Shirt": "рубашк~f рубашек блузк~f блузок блуз~f сорочк~f сорочек рубах~f туника рубашечка поло",
        "Sneaker": "кроссовк~f кроссовок кроссовки кроссовками кед~m кеды кедов кедах кедами кроссы спортивная_обувь",
        "Bag": "сумк~f сумок сумочк~f сумочек рюкзак~m рюкзаки портфел~m портфель клатч~m кошелёк кошелек кошельки "
        "ранец шоппер торба саквояж",
        "Ankle-boot": "ботинок ботинк~m ботинки ботильон~m ботильоны сапог сапог~m сапоги сапогами полусапожки полусапог~m "
        "сапожки угги валенки берцы челси резиновые_сапоги ботиночки",
        SHOES: "обувь обуви туфл~f туфли туфель туфлями туфля башмак~m мокасины лоферы балетки ботиночки",
        "black": "чёрн~a черн~a чёрно",
        "white": "бел~a бело кремов~a молочн~a цвета_слоновой_кости айвори",
        "grey": "сер~a серо серебрист~a серебрян~a графитов~a антрацитов~a",
        "red": "красн~a красно бордов~a бордо алый алая алое алые вишнёв~a багров~a пурпурн~a рубинов~a",
        "orange": "оранжев~a рыж~a рыжий рыжее коралловый кораллов~a персиков~a абрикосов~a морковн~a",
        "yellow": "жёлт~a желт~a золот~a золотист~a горчичн~a лимонн~a",
        "green": "зелён~a зелен~a зелено оливков~a салатов~a мятн~a изумрудн~a хаки болотн~a",
        "denim": "джинсов~a",
        "blue": "син~s сине голуб~a голубо бирюзов~a лазурн~a темносин~s васильков~a небесн~a индиго",
        "purple": "фиолетов~a лилов~a сиренев~a лавандов~a пурпур сливов~a баклажанов~a",
        "pink": "розов~a малинов~a фуксия лососев~a пудров~a",
        "brown": "коричнев~a бежев~a песочн~a шоколадн~a карамельн~a кофейн~a бурый бурая",
        "shade": "тёмн~a темн~a тёмно темно светл~a светло ярк~a ярко бледно нежно небесно",
        "and": "и с со плюс",
        "or": "или либо",
        "not": "не",
        "without": "без кроме исключая исключить всё_кроме все_кроме нет",
        "but": "но только а",
        "filler": "в на для из мне я хочу ищу найти найди покажи показать купить мои мой моя мою цвет цвета цвете одежда "
        "одежды одежду вещи вещь фото фотография фотографии фотографию картинки картинка все всё пара пару это "
        "пожалуйста по у к нужны нужна нужно",
        "word": "юбк~f юбок шорты шорт шортах шапк~f шапок шляп~f кепк~f носок носки носков ремень ремни пояс часы шарф~m "
        "перчатк~f перчаток очки галстук~m костюм~m колготки чулки жилет~m жилетк~f пижам~f купальник~m чемодан~m платок "
        "рукав~m рукавов рукава мини_юбка комбинезон~m бюстгальтер халат~m серьги ожерелье плавки варежки трусы "
        "мини-юбка",
    },
    "Ukrainian": {
        "T-shirt": "футболк~f майк~f топ~m теніска",
        "Trouser": "штани штанів штанях штанами брюки джинс~m джинси джинсів джинсах джинсами легінси лосини спортивні_штани",
        "Pullover": "светр~m светри пуловер~m кофт~f джемпер~m толстовк~f худі кардиган~m світшот~m водолазк~f гольф~m "
        "кофтин~f",
        "Dress": "сукн~f сукня сукні сукню суконь плаття платтям сарафан~m",
        "Coat": "пальто куртк~f куртку піджак~m плащ~m жакет~m пуховик~m вітрівк~f парка шуб~f кожух дублянка тренч "
        "бомбер",
        "Coat denim": "джинсова_куртка джинсову_куртку джинсівка",
        "Sandal": "сандалі сандалів босоніжк~f босоніжок шльопанці шльопки в'єтнамки підбори туфлі_на_підборах капці каблуки "
        "сандалії шпильки",
        "Shirt": "сорочк~f сорочок блузк~f блузок блуз~f рубашка вишиванк~f туніка",
        "Sneaker": "кросівк~f кросівки кросівок кеди кедів спортивне_взуття кросівками",
        "Bag": "сумк~f сумок сумочк~f рюкзак~m рюкзаки торб~f портфель гаманець наплічник~m",
        "Ankle-boot": "черевик~m черевики черевиків ботильйони ботинки чобот~m чоботи чобіт чобітки напівчоботи "
        "ботильйонів",
        SHOES: "взуття туфлі туфель туфля туфлями мокасини лофери балетки",
        "black": "чорн~a чорно",
        "white": "біл~a біло кремов~a молочн~a",
        "grey": "сір~a срібн~a сріблясто сріблястий",
        "red": "червон~a червоно бордов~a бордо вишнев~a багрян~a",
        "orange": "помаранчев~a оранжев~a жовтогаряч~a кораллов~a персиков~a",
        "yellow": "жовт~a золот~a гірчичн~a золотист~a",
        "green": "зелен~a оливков~a м'ятн~a смарагдов~a салатов~a хакі",
        "denim": "джинсов~a",
        "blue": "син~a синій синя синє сині синього синьої синю синьо синім голуб~a блакитн~a бірюзов~a темносиній",
        "purple": "фіолетов~a бузков~a ліловий лавандов~a",
        "pink": "рожев~a малинов~a",
        "brown": "коричнев~a бежев~a брунатн~a пісочн~a шоколадн~a",
        "shade": "темн~a світл~a темно світло яскрав~a яскраво",
        "and": "і й та з із зі",
        "or": "або чи",
        "not": "не",
        "without": "без крім окрім за_винятком усе_крім все_крім немає жодних",
        "but": "але лише тільки",
        "filler": "у в на для мені я хочу шукаю знайти покажи показати мої мій моя колір кольору кольорі одяг одягу речі річ "
        "світлина світлини знімки фото усі всі пара будь_ласка до від",
        "word": "спідниц~f шорти шортів шапк~f капелюх~m кепк~f шкарпетк~f шкарпеток пояс ремінь годинник~m шарф~m "
        "рукавичк~f рукавичок окуляри краватк~f костюм~m колготки жилет~m піжам~f купальник~m рукав~m рукавів валіза",
    },
}

EMOJI: Mapping[str, str] = {
    "T-shirt": "👕🎽",
    "Trouser": "👖",
    "Dress": "👗",
    "Coat": "🧥🥼",
    "Shirt": "👚👔",
    "Sandal": "👡👠🩴",
    "Sneaker": "👟",
    "Bag": "👜👛👝🎒",
    "Ankle-boot": "👢🥾",
    SHOES: "👞🥿",
    "black": "⚫⬛🖤",
    "white": "⚪⬜🤍",
    "grey": "🩶",
    "red": "🔴🟥",
    "orange": "🟠🟧🧡",
    "yellow": "🟡🟨💛",
    "green": "🟢🟩💚",
    "blue": "🔵🟦💙🩵",
    "purple": "🟣🟪💜",
    "pink": "🩷",
    "brown": "🟤🟫🤎",
}

# German and Dutch write compounds as one word: the end says what it is.
COMPOUNDS = (
    "kleid kleider kleides kleidern jacke jacken hose hosen hemd hemden bluse blusen schuh schuhe schuhen tasche taschen "
    "mantel stiefel stiefeln stiefelette stiefeletten pullover pulli sandale sandalen rucksack handschuh handschuhe "
    "strumpfhose unterhose badehose blau blaue blauer blaues blauen grün grüne grüner grünes grünen gelb gelbe gelber "
    "gelbes gelben grau graue grauer graues grauen weiß weiße weißer weißes weißen braun braune brauner braunes braunen "
    "schwarz schwarze schwarzer schwarzes schwarzen jurk jurken jurkje broek broeken schoen schoenen laars laarzen "
    "overhemd rugzak blauw blauwe groen groene zwart zwarte bruin bruine zonnebril korte_broek"
)

# Frequent words and names that differ from a term by a letter or two and mean something else: never corrected.
REAL_WORDS = (
    "able adidas american americane americani americano americanos americans amro asco auberge aufgenommen auvergne "
    "backs baila bailarina baile ballena ballerini ballerino bangs bank beach beaches beecher beide beides beine "
    "belge benches berge berlin beside bile blackjack blacklist blank blanks blasters blaze blazed blazen blazes "
    "blick block blocks blogue blooded bloodied bloot blown blume blussen blute boat boats bocas bolas boleto "
    "boletos bolts bombe bombed bombeiros bomben bomberos bombes boobies boobs boogie bookies booms boos boost "
    "boosts boote booth booths bootje bootjes booty bordello bores boss bote botes bots botta bottas bounties bouts "
    "branches brand brawn breaches brechen breezes brodo broke bron bronce brons bronte bronz bronzo brow brownie "
    "brows brush buit bumbac bureaux burn burns burundi bush butta butte caffe cago caigo caldi camas cambi came "
    "cameo camille camin camiones campi cams camus canadian canadians cantan captains caramelle caramelos cardiac "
    "cardinals cards carei carel carga cargas cari carlo carlos carmel carni caro caros carreira carreiras carreras "
    "carri carro carros carti carui catches cats cazadores cersei championed champions chanel chatarra chats "
    "chemists chico chicos chilo chin china chinas chine chines ching chinois chiny chocola chocolade chopper "
    "choral cioccolata ciocolata cliches clos clots clutched coach coast coasts coates cofnac cogs colts colturi "
    "comis cooper copier coppe copped cora coran coraz corral corul costs cota couches couper couts cram crea "
    "creamos crean crear creas creat creeme criam crise croc croce crock crois crossbow crutch crutches czerwono "
    "dance denies denis deportiva dior doer dressed dresser duress encargada encargado encargados "
    "esclude etes exceeding exceptia exceptie exceptii exception exceptions excerpt exciting exclure executing "
    "exerting expect expecting exploding flannel flock flocks footage frick fsa gap gary gays gelden gentille "
    "gijzelaars glee glod goat goden golven goons gould gowna gowno grabs grads grady grafisch grams gramy granaat "
    "granaten granite graos graphique gras grass graus gravite gravy grecs greed greek greeks greenwich greep greer "
    "greet greets grens gritan grown grundlich gucci guess gulden haaks handball heals hebel hegel hekel "
    "hele hells hemel hoes hood hoods howdy hugo indico indio ivor jacek jacked jaen jagger jena jens joggen "
    "jonger jordan juggling jumped kawy kick kinks klicks knicks koszulce lagging lars launder lecon lemn lemos "
    "leon levende levi levis ligging limon loader loaders logging macintosh macos malas males mango mantener mantle "
    "marion marlon marnie maroni martelen maude mca mcintosh mecha meint milan miles minst minte minti minut moca "
    "moche mocht mocna mohair moles moraal moral moule mucha muhle multe mures muses mustered myles nail near neer "
    "negar neger nike nombre nori nudes nudge nudne obtin obtina obtine olie ontwikkelaars oor orde "
    "s orte orten ortes ortliche ortlichen overall overcast overcomes overhead overheden overheid oxfordshire "
    "paint paints palos pana pancho panes pans paolo parca parea paris park parke parkes parks parku parla parma "
    "parra pars parse parts patrol pats peace pech pelos perch perse perto pescadores petro petrov picks pimps "
    "pines pings pinky pinos pins plaat planeado plant planteado plants plato platon platone pluma plumb plume "
    "poachers poches pocos poles polio polis pollo pollos polls pols polso polvo ponts pooch pool pools porch "
    "porches pouca pouce pouces pouco povos pozos praat prada prado preach preot prusse publish puffed puls pulse "
    "pulses puma punks pups pure puree purge purges purposes pursue pursues ralph reads rebecca redes redus "
    "reebok reeds regatta rends renner renners robie roble robles robos robs roet rogue rogues roles roli rome "
    "ropes rosen rosje rotte rotten roues rouse runnen runter ruszy sabia sacco sacred sacree sacri sady sagen "
    "sages sagte sair sais salman salomon salon saloon sands sandu sange sarai sardi sare sarei sarete sarin sarit "
    "sars sca scandal scandale scandali scandalo scandals scari scariest schepper schienen schone schones schooldag "
    "schoppen schrappen scrape scris seat seater seats seawater seekers setters sfide shackles shes shift shifts "
    "shingles shire shiro shit shits shone shopped shoppen shops shore shores shove showers shows side sides "
    "singers single singled singlem singles singleton skandal skaters skipper skirt slaap slack slade slice slices "
    "slid slime slipped sliver snatched sneaked snipers sobretodo sockets soffrono soldiers solide solides solver "
    "spari speaker speakers spider spiders spree stage stand stari stopper stoppers stretto stripper strippers swat "
    "swatches swear swears sweet sweeter sweets swept swiat taco tagging talks tangenti tantas tape tappe tasks "
    "taufe tco teaches teens tela tenes terminer tese tess tetes tna toets tonic topsy torte totem toten totet tots "
    "toute traders trailer trailers traine trained trainee trainees trainen trainiert traiter traites tranche "
    "tranches tranen travers trechos trees treinar trip troupes trouver trouvera trouveras trouves trupe tsa "
    "tugging tunis turquie unde vans violadores viole violent violentas violente violentes violer voila volet vrede "
    "waite wally wandelaars wedle wege weine weis weise weisen weite well welle welles wellness wells while whine "
    "whines whistle whistles whyte wien willy wilmington wines wrestle wrestlers write writes zara біллі "
    "карточки карточку небесноі платят сини"
)
